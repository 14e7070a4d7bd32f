"""Words that say nothing about a creator, in the languages briefs are written in, folded."""

from collections.abc import Iterable

from influencerflow.lexicon.tokens import words_of

_SHORTEST = 3

STOP_WORDS = frozenset(
    """
    about all also and any app are aged age audience before brand brands buy buyer can campaign content creator
    creators day days drive each easy every everyone first follow followers for free from get good great have
    help her hers him his home how into its just keep know life like list live look love made make makes making
    more most much need new not offer old once one only online open other our out over own page people person
    post product quick ready real sale say share shop show small start take than that the their them then there
    they thing this through time too top try two use used user using video want way week well what when where
    which while who whose why will with woman women work world year you young your man men con como cada cuando
    del desde donde ella ello entre esa ese eso esta este esto hacer hasta los las mas mejor mi mucho muy nada
    nos nuestra nuestro otro para pero por porque que quien ser sin sobre son sus tambien tiene todo toda todos
    una uno unos vida ver aux avec bien ces cette chez comme dans des deux elle elles est etre faire leur leurs
    mais mes moi nos notre nous par pas plus pour quand qui sans ses son sont sur tout toute tous tres une vie
    vos votre vous aber alle als auch auf aus bei beim bis das dass dem den der des dich die dir doch ein eine
    einem einen einer eines fur haben hat hier ich ihr ihre ihren immer ist kann kein keine leben man mehr mein
    meine mit nach nicht noch nur oder ohne sehr sein seine sich sie sind uber und uns unser unsere viel von vor
    was wenn wer wie wir wird zum zur zwischen agli alla alle anche che chi come con cosa dai dal dalla degli
    dei del della delle dello fra gli hanno loro mia mio nei nel nella non ogni per piu quando quella quello
    questa questo sono sua suo sui sul sulla tra tua tuo tutti tutto una uno vita
    """.split()
)


def content_words(texts: Iterable[str | None]) -> list[str]:
    """The folded words of the texts that carry meaning, each once, in order."""
    words = (word for text in texts for word in words_of(text))
    return list(dict.fromkeys(w for w in words if len(w) >= _SHORTEST and not w.isdecimal() and w not in STOP_WORDS))
