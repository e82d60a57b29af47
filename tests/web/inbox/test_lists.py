"""The lists of the inbox: what is there, in which order, and what one click does."""

from datetime import timedelta

from tests.web.inbox.conftest import Office


def test_free_tasks_of_ones_groups_are_listed_with_number_frist_and_what_to_do(office: Office, clock) -> None:
    started = office.receive()
    clock.advance(timedelta(days=11))
    schulz = office.browser("Petra Schulz", "steueramt")

    page = schulz.get("/inbox")

    assert started.aktenzeichen in page
    assert "Erika Muster" in page
    assert "Anzeige prüfen" in page
    assert "Hund zur Hundesteuer anmelden" in page
    assert "in 3 Tagen" in page
    assert "kern-badge--warning" in page
    assert "frei" in page


def test_counts_and_filters_say_what_is_overdue(office: Office, clock) -> None:
    old = office.receive()
    clock.advance(timedelta(days=15))
    new = office.receive()
    page = office.browser("Petra Schulz", "steueramt").get("/inbox?frist=ueberfaellig")

    assert old.aktenzeichen in page
    assert new.aktenzeichen not in page
    assert "seit gestern überfällig" in page
    assert page.index("Verfügbar") < page.index('inbox-filter__count">2<') < page.index("Meine")
    assert page.index("Nur überfällige") < page.index('inbox-filter__count">1<')


def test_a_claimed_task_moves_from_the_free_ones_to_mine_and_to_the_others_of_colleagues(office: Office) -> None:
    started = office.receive()
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    task_id = office.task(started, "anzeige_pruefen", schulz.actor)

    answer = schulz.post(f"/inbox/aufgaben/{task_id}/uebernehmen")

    assert (answer.status_code, answer.location) == (303, f"/inbox/aufgaben/{task_id}")
    assert started.aktenzeichen not in schulz.get("/inbox")
    assert started.aktenzeichen in schulz.get("/inbox?liste=meine")
    assert started.aktenzeichen not in schulz.get("/inbox?liste=andere")
    assert "Petra Schulz" in vogel.get("/inbox?liste=andere")
    assert started.aktenzeichen not in vogel.get("/inbox?liste=meine")


def test_giving_back_makes_a_task_free_again(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    task_id = office.task(started, "anzeige_pruefen", schulz.actor)
    schulz.post(f"/inbox/aufgaben/{task_id}/uebernehmen")

    assert schulz.post(f"/inbox/aufgaben/{task_id}/zurueckgeben").status_code == 303

    page = schulz.get("/inbox")
    assert "Die Aufgabe ist wieder frei." in page
    assert started.aktenzeichen in page
    assert "wieder frei" not in schulz.get("/inbox")


def test_the_next_task_is_the_most_urgent_free_one(office: Office, clock) -> None:
    first = office.receive()
    clock.advance(timedelta(days=1))
    office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    task_id = office.task(first, "anzeige_pruefen", schulz.actor)

    assert schulz.post("/inbox/naechste").location == f"/inbox/aufgaben/{task_id}"
    schulz.post("/inbox/naechste")
    assert schulz.post("/inbox/naechste").location == "/inbox"
    assert "keine Aufgabe frei" in schulz.get("/inbox")


def test_a_long_list_is_read_page_by_page(office: Office, monkeypatch) -> None:
    monkeypatch.setattr("web.inbox.inbox.PAGE", 2)
    numbers = [office.receive().aktenzeichen for _ in range(3)]
    schulz = office.browser("Petra Schulz", "steueramt")

    first = schulz.get("/inbox")
    following = first.split("Weitere Aufgaben")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = schulz.get(following)

    assert sorted(n for n in numbers if n in first) + sorted(n for n in numbers if n in second) != []
    assert sum(n in first for n in numbers) == 2
    assert sum(n in second for n in numbers) == 1
    assert "Zum Anfang der Liste" in second
    assert "Weitere Aufgaben" not in second


def test_an_address_that_makes_no_sense_shows_the_first_page(office: Office) -> None:
    number = office.receive().aktenzeichen
    schulz = office.browser("Petra Schulz", "steueramt")
    for query in ("liste=x", "nach=x", "nach=2026-01-01_zz", "nach=2026-01-01T00:00:00_" + "0" * 32, "frist=x"):
        assert number in schulz.get(f"/inbox?{query}")


def test_empty_lists_say_what_to_do(office: Office) -> None:
    schulz = office.browser("Petra Schulz", "steueramt")
    assert "Keine Aufgabe ist frei" in schulz.get("/inbox")
    assert "Sie haben keine Aufgabe übernommen" in schulz.get("/inbox?liste=meine")
    assert "Niemand sonst arbeitet" in schulz.get("/inbox?liste=andere")
    assert "Nichts ist überfällig" in schulz.get("/inbox?frist=ueberfaellig")
    assert "Ihnen sind keine Aufgaben zugeordnet" in office.browser("Nadja Weiß").get("/inbox")


def test_the_number_of_a_vorgang_leads_to_it(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")

    answer = schulz.client.get("/inbox", query_string={"suche": f" {started.aktenzeichen} "})

    assert (answer.status_code, answer.location) == (303, f"/inbox/vorgaenge/{started.vorgang_id}")
    assert "gibt es keinen Vorgang" in schulz.get("/inbox?suche=20.31-2026-999999")
    foreign = office.browser("Ralf Stein", "ordnungsamt")
    assert "gibt es keinen Vorgang" in foreign.get(f"/inbox?suche={started.aktenzeichen}")


def test_a_longer_list_asks_the_database_no_more_often(office: Office, statements: list[str]) -> None:
    schulz = office.browser("Petra Schulz", "steueramt")
    needed = []
    for number in (1, 4):
        while office.sent < number:
            office.receive()
        schulz.get("/inbox")
        statements.clear()
        assert schulz.get("/inbox").count("Erika Muster") == number
        needed.append(len(statements))
    assert needed[0] == needed[1], statements
