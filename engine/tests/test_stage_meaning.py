"""Stages are recognised by what they mean, in many languages; what is only likely is asked."""

import unittest

from ..proposing import propose_stages


def stages(*names, status=None):
    found = propose_stages([(name, status, None, 1) for name in names])
    return {stage["name"]: stage for stage in found}


class TestStageMeaning(unittest.TestCase):
    def test_won_and_lost_in_many_languages(self):
        won = (
            "Won Gewonnen Gagné Ganado Vinto Ganho Wygrana Vunnen Vundet Vunnet Voitettu Vyhráno "
            "Nyert Câștigat Kazanıldı Выиграно 受注 赢单 수주"
        )
        lost = (
            "Lost Verloren Perdu Perdido Perso Przegrana Förlorad Tabt Tapt Hävitty Prohráno "
            "Elveszett Pierdut Kaybedildi Проиграно 失注 输单 실주"
        )
        for words, end in ((won, "is_won"), (lost, "is_lost")):
            for name in words.split():
                with self.subTest(name=name):
                    stage = stages(name)[name]
                    self.assertTrue(stage[end])
                    self.assertTrue(stage["known"])

    def test_a_completed_job_is_won(self):
        """The word is plain: it is no question."""
        for name in ("Completed", "Job Completed", "Fertiggestellt", "Completado", "Voltooid"):
            (stage,) = (one for one in propose_stages([(name, None, None, 3)]) if one["is_won"])
            self.assertEqual((stage["name"], stage["known"]), (name, True))

    def test_a_number_before_the_name_says_nothing(self):
        found = stages("1. Qualified", "03 - Angebot", "9) Won")
        self.assertEqual([found[name]["known"] for name in found], [True] * 3)
        self.assertTrue(found["9) Won"]["is_won"])

    def test_a_word_of_the_name_is_a_question(self):
        stage = stages("Affaire gagnée 2024")["Affaire gagnée 2024"]
        self.assertTrue(stage["is_won"])
        self.assertFalse(stage["known"])
        for name in ("Nicht gewonnen", "Won or lost", "Customer visit planned"):
            with self.subTest(name=name):
                self.assertFalse(stages(name)[name]["known"])
                self.assertFalse(stages(name)[name]["is_won"])

    def test_how_the_deals_ended_goes_before_a_word(self):
        stage = stages("Affaire gagnée ?", status="Lost")["Affaire gagnée ?"]
        self.assertEqual((stage["is_won"], stage["is_lost"]), (False, True))
