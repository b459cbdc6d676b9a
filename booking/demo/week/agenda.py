"""Who comes when, to whom: the appointments of the weeks around today, most of them in the store where it begins."""

from datetime import datetime, timedelta

from booking.appointments.states import Outcome
from booking.demo.week.cast import Cast, Week
from booking.demo.week.stories import Story
from booking.demo.week.visits import (
    Plan,
    calls_it_off,
    comes,
    gather,
    misses,
    moves,
    nobody_said,
    stands_in_the_way,
    walks_in,
    wants_a_yes,
)

LIGHT, SOFA, LINEN, KITCHEN = "choisir-un-luminaire", "choisir-un-canape", "linge-sur-mesure", "composer-une-cuisine"
DIY, OUTFIT, WARDROBE = "atelier-bricolage", "personal-shopping-express", "personal-shopping"
JEWEL, LIST, GAME, COAT = "choisir-un-bijou", "liste-de-mariage", "choisir-un-jeu", "manteau-sur-mesure"
CHOSEN = (
    "LUM-0004", "LUM-0006", "LUM-0007", "LUM-0008", "LUM-0010", "MEU-0001", "MEU-0003", "MEU-0011", "LIN-0009",
    "LIN-0011", "LIN-0013", "MOD-0001", "MOD-0003", "MOD-0005", "MOD-0007", "MAR-0014", "JEU-0008", "BRI-0007",
)  # fmt: skip


async def agenda(week: Week, cast: Cast) -> list[Story]:
    """Every story of the agenda, none of them begun; empty in a house that has no services."""
    desk = await gather(week, CHOSEN)
    if not desk.services:
        return []
    main, quick, till, far, season = (
        week.stores[slug] for slug in (cast.main, cast.quick, cast.till, cast.far, cast.season)
    )
    now, minute = week.now, timedelta(minutes=1)

    def going_on() -> tuple[datetime, datetime]:
        return now - 37 * minute, now - 5 * minute

    def at_the_door() -> tuple[datetime, datetime]:
        return now - minute, now + 17 * minute

    return [
        # they came
        comes(desk, main, Plan(LIGHT, -5, 11, 40, refs=["LUM-0006", "LUM-0010"], advisor="ines"), spent=42800,
              jot="Préfère le laiton, murs bleus. Revient pour la chambre."),
        comes(desk, main, Plan(SOFA, -4, 15, 41, refs=["MEU-0001", "MEU-0011"]), Outcome.THINKING,
              promised="Envoyer deux échantillons du lin sable", jot="Mesure l’escalier ce week-end."),
        comes(desk, main, Plan(OUTFIT, -3, 16, 42, refs=["MOD-0001", "MOD-0007"], party=2), spent=39800),
        comes(desk, main, Plan(LINEN, -2, 15, 43, before=3), Outcome.NOTHING,
              why="La fenêtre doit d’abord être remesurée par le menuisier."),
        comes(desk, main, Plan(LIGHT, -2, 12, 44, refs=["LUM-0004", "LUM-0008"]), Outcome.RESERVED),
        walks_in(desk, main, Plan(GAME, -2, 15.5, 46, advisor="bastien")),
        wants_a_yes(desk, main, Plan(KITCHEN, -1, 14, 47, before=4), says="yes",
                    promised="Rappeler avec le plan au 1/20"),
        comes(desk, quick, Plan(SOFA, -2, 11, 48, refs=["MEU-0003"]), spent=119000),
        comes(desk, till, Plan(LIGHT, -3, 10, 49, refs=["LUM-0007"]), spent=24900),
        comes(desk, far, Plan(OUTFIT, -2, 10, 50, refs=["MOD-0005"]), spent=12900),
        # it was not to be
        misses(desk, main, Plan(LIGHT, -3, 15, 51)),
        misses(desk, main, Plan(JEWEL, -1, 11, 52), forgiven=True),
        calls_it_off(desk, main, Plan(OUTFIT, -1, 12, 54)),
        calls_it_off(desk, main, Plan(LINEN, 1, 16, 55, contact="phone", before=3),
                     why="La table des tissus est en travaux ce jour-là"),
        wants_a_yes(desk, main, Plan(KITCHEN, 3, 10, 56, before=5), says="no",
                    why="Sans les mesures, une heure et demie ne suffirait pas"),
        # somebody has yet to say
        nobody_said(desk, main, Plan(SOFA, -1, 17.5, 57)),
        # today
        comes(desk, main, Plan(LIGHT, 0, 12, 60, before=6, between=going_on), spent=15900),
        comes(desk, main, Plan(DIY, 0, 12, 61, before=5, between=at_the_door), early=20),
        comes(desk, main, Plan(LINEN, 0, 12, 59, before=5, between=at_the_door), early=20),
        comes(desk, main, Plan(SOFA, 0, 10.5, 62, before=2, refs=["MEU-0003"]), Outcome.THINKING),
        comes(desk, main, Plan(LIGHT, 0, 14.5, 63, before=2, refs=["LUM-0010", "LUM-0004"], advisor="ines", soon=True),
              jot="Lit au lit, côté gauche. Éviter le verre : deux enfants.", spent=32800),
        comes(desk, main, Plan(OUTFIT, 0, 16, 64, before=3, refs=["MOD-0003", "MOD-0007"],
                               note="Je viens directement de la gare, avec une valise.")),
        comes(desk, main, Plan(LINEN, 0, 15, 65, before=4, access="Je marche avec une canne, une chaise m’aiderait.")),
        comes(desk, main, Plan(DIY, 0, 17, 66, before=1, refs=["BRI-0007"], party=2)),
        comes(desk, quick, Plan(LIGHT, 0, 15, 68, refs=["LUM-0006"])),
        comes(desk, till, Plan(LINEN, 0, 14, 69)),
        comes(desk, far, Plan(SOFA, 0, 14, 70)),
        comes(desk, season, Plan(LIGHT, 0, 15, 71)),
        # tomorrow, and the day after
        comes(desk, main, Plan(LIGHT, 1, 11, 72, before=4, refs=["LUM-0008"], advisor="ines")),
        comes(desk, main, Plan(SOFA, 1, 15, 73, before=3, refs=["MEU-0001"], party=3,
                               access="Une poussette double : y a-t-il un ascenseur ?")),
        comes(desk, main, Plan(OUTFIT, 1, 14, 74, before=4)),
        moves(desk, main, Plan(JEWEL, 1, 15, 75, before=4), days=2, hour=11),
        stands_in_the_way(desk, main, Plan(LIGHT, 3, 15, 76, before=5)),
        comes(desk, quick, Plan(JEWEL, 1, 11, 77, before=3)),
        comes(desk, till, Plan(SOFA, 1, 10, 78, before=3)),
        comes(desk, far, Plan(LIGHT, 1, 11, 79, before=3)),
        comes(desk, season, Plan(LINEN, 1, 11, 80, before=3)),
        # and later
        wants_a_yes(desk, main, Plan(KITCHEN, 5, 14, 81, before=6)),
        comes(desk, main, Plan(WARDROBE, 4, 14, 82, before=6)),
        comes(desk, main, Plan(LIST, 7, 15, 83, before=9, party=2)),
        comes(desk, main, Plan(LIGHT, 8, 12, 84, before=10, contact="sms")),
        comes(desk, main, Plan(COAT, 10, 16, 85, before=12)),
    ]  # fmt: skip
