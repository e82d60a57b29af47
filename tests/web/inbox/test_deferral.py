"""Zurückstellen on the pages: the list without it, the filter with it, and the way back."""

from tests.web.inbox.conftest import Office


def test_a_task_is_put_off_found_under_its_filter_and_taken_back(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    task = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    assert "Die Frist bleibt" in schulz.get(f"{task}/zurueckstellen")

    wrong = schulz.post(f"{task}/zurueckstellen", bis="2026-11-24", grund="")
    assert wrong.status_code == 422
    assert "Geben Sie an, worauf Sie warten." in wrong.get_data(as_text=True)

    assert schulz.post(f"{task}/zurueckstellen", bis="2026-12-01", grund="Nachweis kommt per Post").status_code == 303
    assert started.aktenzeichen not in schulz.get("/inbox?liste=meine")
    deferred = schulz.get("/inbox?liste=zurueckgestellt")
    assert started.aktenzeichen in deferred
    assert "zurückgestellt bis 01.12.2026" in deferred
    page = schulz.get(task)
    for text in ("Zurückgestellt bis 1. Dezember 2026", "Nachweis kommt per Post", "Die Frist bleibt"):
        assert text in page

    assert schulz.post(f"{task}/wiederaufnehmen").location == task
    assert started.aktenzeichen in schulz.get("/inbox?liste=meine")
    assert "Zurückgestellt bis" not in schulz.get(task)


def test_others_see_until_when_it_is_put_off_but_do_not_take_it_back(office: Office) -> None:
    started = office.receive()
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    task = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    schulz.post(f"{task}/zurueckstellen", bis="2026-12-01", grund="Nachweis kommt per Post")

    assert "zurückgestellt bis 01.12.2026" in vogel.get("/inbox?liste=andere")
    assert "Jetzt wieder aufnehmen" not in vogel.get(task)
    vogel.post(f"{task}/wiederaufnehmen")
    assert "Zurückgestellt bis" in schulz.get(task)
