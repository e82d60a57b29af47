"""Those who use the house over HTTP while it is killed: programs and citizens who send, clerks who decide.

Whoever gets no answer asks again, word for word, as a program with an idempotency key and a person with a button do.
What was answered is kept: it must never be untrue later.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any
from zoneinfo import ZoneInfo

import requests
from lxml import html

from tests.houses import dog_json

PROCEDURE = "hundesteuer_anmelden"
MOST_OPEN = 5
"""Cases that wait for somebody at a time: enough for work at every moment, few enough to be finished soon."""
DOG = dog_json()
PAGES = (
    {"person-vorname": "Erika", "person-nachname": "Muster", "person-geburtsdatum": "1.5.1980"},
    {
        "anschrift-strasse": "Rheinstraße",
        "anschrift-hausnummer": "1",
        "anschrift-plz": "64283",
        "anschrift-ort": "Darmstadt",
    },
    {
        "hunde-0-name": "Bello",
        "hunde-0-rasse": "Dackel",
        "hunde-0-geboren_am": "1.3.2024",
        "hunde-0-grund": "erwerb",
        "hunde-0-gehalten_seit": "5.10.2026",
        "hunde-0-gefaehrlich": "nein",
        "hunde-0-chip": "276098106123456",
    },
    {"ermaessigung-beantragt": "nein"},
    {"bekanntgabe_kanal": "brief"},
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)
NUMBER = re.compile(r"20\.31-\d{4}-\d{6}-\d")
PAUSE_S = 0.15


class Surprise(AssertionError):
    """An answer that nobody should ever get."""


class People:
    """A citizen and several programs, each a thread, until they are told to go home."""

    def __init__(self, address: str, secrets: Sequence[str]) -> None:
        self.address = address
        self.receipts: dict[str, dict[str, str]] = {}
        self.finished = 0
        """How many cases came to their end; the test tells."""
        self.lost_answers: Counter[str] = Counter()
        self.surprises: list[BaseException] = []
        self.no_more_cases, self._go_home = Event(), Event()
        self._begun: dict[str, str] = {}
        self._lock = Lock()
        lives = [self._as_citizen, *[self._as_program] * (len(secrets) - 1)]
        self._threads = [
            Thread(target=self._live, args=(lives[number], number, one)) for number, one in enumerate(secrets)
        ]
        for thread in self._threads:
            thread.start()

    def go_home(self) -> None:
        self._go_home.set()
        for thread in self._threads:
            thread.join()

    @property
    def everything_is_answered(self) -> bool:
        with self._lock:
            return self._begun.keys() == self.receipts.keys()

    def api_keys(self) -> list[str]:
        return [key for key in sorted(self.receipts) if key.startswith("api")]

    def ask_again(self, key: str) -> None:
        """Send what was answered once more: the receipt must be the same, to the letter."""
        again = self._call(
            "POST", f"/procedures/{PROCEDURE}/instances", self._begun[key], key=key, body={"values": DOG}
        )
        if again.status_code != 201 or again.json() != self.receipts[key]:
            raise Surprise(f"{key} got another answer: {again.status_code} {again.text}")

    def _live(self, lives: Callable[[str, random.Random], None], number: int, secret: str) -> None:
        chance = random.Random(number)
        try:
            while not self._go_home.is_set():
                lives(secret, chance)
        except BaseException as error:  # the test ends with it, in its own thread
            self.surprises.append(error)

    def _as_citizen(self, secret: str, chance: random.Random) -> None:
        """Fill in the form of the portal, and mostly think better of it."""
        key = self._next_case("portal", secret) if chance.random() < 0.3 else None
        if key is not None:
            self._answer(key, {"aktenzeichen": Citizen(self).register_dog()})
        elif self.no_more_cases.is_set():
            time.sleep(PAUSE_S)
        else:
            Citizen(self).change_mind()

    def _as_program(self, secret: str, chance: random.Random) -> None:
        """Do the office's tasks; send what comes in; ask again for a receipt when there is nothing else to do."""
        if self._decide(secret, chance):
            return
        key = self._next_case("api", secret)
        if key is not None:
            sent = self._call("POST", f"/procedures/{PROCEDURE}/instances", secret, key=key, body={"values": DOG})
            if sent.status_code != 201:
                raise Surprise(f"{key}: {sent.status_code} {sent.text}")
            self._answer(key, sent.json())
            return
        time.sleep(chance.uniform(0, 2 * PAUSE_S))
        own = [key for key in self.api_keys() if self._begun[key] == secret]
        if own and not self.no_more_cases.is_set():
            self.ask_again(chance.choice(own))

    def _next_case(self, kind: str, secret: str) -> str | None:
        with self._lock:
            if self.no_more_cases.is_set() or len(self._begun) - self.finished >= MOST_OPEN:
                return None
            key = f"{kind}-{len(self._begun)}"
            self._begun[key] = secret
            return key

    def _answer(self, key: str, receipt: dict[str, str]) -> None:
        with self._lock:
            self.receipts[key] = receipt

    def _decide(self, secret: str, chance: random.Random) -> bool:
        """Take a task and complete it; False if there is none."""
        for shelf in ("mine", "claimable"):
            tasks = self._call("GET", f"/tasks?shelf={shelf}&limit=20", secret).json()["tasks"]
            if tasks:
                break
        else:
            return False
        task = chance.choice(tasks)
        claimed = self._call("POST", f"/tasks/{task['id']}/claim", secret)
        if claimed.status_code != 204:
            return self._too_late(claimed)
        shown = self._call("GET", f"/tasks/{task['id']}", secret)
        if shown.status_code != 200:
            return self._too_late(shown)
        values = _filled(task["element"], shown.json())
        done = self._call("POST", f"/tasks/{task['id']}/complete", secret, body={"values": values})
        return done.status_code == 204 or self._too_late(done)

    def _too_late(self, answer: requests.Response) -> bool:
        """Somebody else was faster, or oneself, before the answer was lost."""
        if answer.status_code not in (404, 409):
            raise Surprise(f"{answer.request.url}: {answer.status_code} {answer.text}")
        return True

    def _call(self, method: str, path: str, secret: str, *, key: str = "", body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {secret}", "Connection": "close"} | (
            {"Idempotency-Key": key} if key else {}
        )
        address = f"{self.address}/api/v1{path}"
        return self.answered(lambda: requests.request(method, address, headers=headers, json=body, timeout=30))

    def answered(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """Ask until there is an answer; a server that says that it cannot just now is asked again too."""
        while True:
            try:
                answer = ask()
            except requests.RequestException as error:
                self.lost_answers[type(error).__name__] += 1
            else:
                if answer.status_code != 503:
                    return answer
                self.lost_answers["503"] += 1
            if self._go_home.is_set():  # nobody has been killed for a while
                raise Surprise("the house does not answer any more")
            time.sleep(PAUSE_S)


class Citizen:
    """Somebody with a browser, without an account and without scripts."""

    def __init__(self, people: People) -> None:
        self._people, self._session = people, requests.Session()
        self._session.headers["Connection"] = "close"

    def register_dog(self) -> str:
        """Fill in the form page by page, send it, and return the number on the receipt."""
        self._take(lambda: self._session.get(f"{self._people.address}/antraege/neu/{PROCEDURE}", timeout=30))
        self._press()
        for page in PAGES:
            self._press(**page)
        self._press()
        found = NUMBER.search(self._tree.xpath("string(//main)"))
        if found is None:
            raise Surprise(f"no receipt: {self._tree.xpath('string(//main)')}")
        return found[0]

    def change_mind(self) -> None:
        """Fill in most of the form, add a proof, and discard all of it."""
        self._take(lambda: self._session.get(f"{self._people.address}/antraege/neu/{PROCEDURE}", timeout=30))
        self._press()
        for page in PAGES[:3]:
            self._press(**page)
        proof = {"ermaessigung-nachweis": ("nachweis.png", PNG, "image/png")}
        later = {"_nach": "spaeter"}
        status = self._press(proof, expected=(200, 409), **{"ermaessigung-beantragt": "ja"}, **later)
        if status == 409:  # the file is there, only the answer was lost: the second one asks which of them shall stay
            self._press(**later)
        discard = self._tree.xpath("//main//form[contains(@action, 'verwerfen')]")[0]
        self._press(at=discard, expected=(200, 404))  # 404: it is gone already, only the answer was lost

    def _press(self, files: Any = None, *, at: Any = None, expected: Sequence[int] = (200,), **values: str) -> None:
        """Send the form of the page, or the one given, with these values typed in."""
        form = self._tree.xpath("//main//form[@method='post']")[0] if at is None else at
        sent: dict[str, Any] = {}
        for name, value in form.form_values():
            sent.setdefault(name, []).append(value)
        address = requests.compat.urljoin(self._address, form.get("action") or "")
        return self._take(
            lambda: self._session.post(address, data=sent | values, files=files, timeout=30, allow_redirects=False),
            expected,
        )

    def _take(self, ask: Callable[[], requests.Response], expected: Sequence[int] = (200,)) -> int:
        answer = self._people.answered(ask)
        while answer.status_code == 303:  # a page that did not come is loaded again, the button is not pressed again
            following = requests.compat.urljoin(answer.url, answer.headers["Location"])
            answer = self._people.answered(
                lambda following=following: self._session.get(following, timeout=30, allow_redirects=False)
            )
        if answer.status_code not in expected:
            raise Surprise(f"{answer.request.method} {answer.url}: {answer.status_code} {_text_of(answer)}")
        self._address, self._tree = answer.url, html.fromstring(answer.content)
        return answer.status_code


def _text_of(answer: requests.Response) -> str:
    return str(html.fromstring(answer.content).xpath("normalize-space(//main)"))


def _filled(element: str, task: Any) -> dict[str, Any]:
    """What the clerk types: what stands in the form already, and the decision."""
    known, inputs = task["form"]["properties"], task["inputs"]
    values = {name: inputs[name] for name in known if name in inputs and known[name].get("type") != "object"}
    today = datetime.now(ZoneInfo("Europe/Berlin")).date().isoformat()
    match element:
        case "anzeige_pruefen":
            values["ergebnis"] = "vollstaendig"
        case "steuer_festsetzen":
            values["entscheidung"] = "festsetzen"
        case "bescheid_versenden":
            values["abgesandt_am"] = today
        case "marke_zuteilen":
            values["marken"] = [{**one, "markennummer": "M-1"} for one in values["marken"]]
            values["versandt_am"] = today
    return values
