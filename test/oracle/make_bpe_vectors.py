"""Trains a small byte-level BPE on the sentences below and writes what the tokenizers library makes of them.

    python -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python test/oracle/make_bpe_vectors.py

Writes test/goldens/tokenizers/bpe-own: tokenizer.json, vocab.json, merges.txt, and golden.json with
  vectors   text, ids, pieces, offsets (flat, in code points)
  decode    ids, text, skip (text without special tokens)
  variants  the same with parts of tokenizer.json replaced by `patch`
All sentences were written for this file.
"""
import json
import pathlib
import random
import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).resolve().parent.parent / "goldens" / "tokenizers" / "bpe-own"
END = "<|endoftext|>"

PROSE = [
    "The runner takes the baton, looks ahead and runs.",
    "A large model reads once; a small model writes every word.",
    "Nobody knew who'd left the lantern burning in the boathouse.",
    "I'm sure they'll say we've won, but she'd rather they didn't.",
    "IT'S LOUD: DON'T SHOUT, WE'RE HERE, I'LL WAIT!",
    "'tis the miller's dog's bone, isn't it? 'Twas. rock 'n' roll",
    "The typographic one\u2019s different: don\u2019t, we\u2019ll, \u2018quoted\u2019.",
    "In 1848 there were 3 mills, 12 carts and 1,024 sacks (3.5 tons).",
    "Call 555-0199 before 07:45, room 3b, floor -2, for 99.95%.",
    "Version 2.10.0-rc.1 came after v2.9; see RFC 9110 \u00a715.",
    "The river bends twice before the mill, and the path follows it.",
    "She counted the stars until the numbers ran out of names.",
    "Reading is slow, writing is slower, waiting is the slowest.",
    "He wrote the letter, tore it up, and wrote the same letter again.",
    "Words of words about words: the wordier, the worse.",
    "Rain again. Rain again. Rain again and then, at last, the sun.",
    "Der Müller trägt die Säcke über die schmale Brücke.",
    "Größe, Straße, Öl und Übermut gehören zusammen.",
    "Wir gehen heute Abend nicht ins Kino, sondern an den Fluss.",
    "Was du heute kannst besorgen, das vergisst du gern bis morgen.",
    "Le garçon a oublié son chapeau près de la fenêtre où tu étais.",
    "L'été dernier, j'ai vu qu'il n'y avait plus d'eau.",
    "El niño soñó con un pingüino; ¿quién lo diría?",
    "Città più bella non c'è, però è lontana.",
    "Príliš žltý kôň, vŕba a šťastie.",
    "Zażółć gęślą jaźń w Łodzi.",
    "İstanbul'da ılık bir rüzgâr esiyor.",
    "Chuyến tàu đến muộn vì trời mưa.",
    "Старый мельник молча смотрел на реку.",
    "Їжак іде до лісу.",
    "Ο ποταμός περνά δίπλα από τον μύλο.",
    "הנהר זורם ליד הטחנה.",
    "النهر يجري بجانب الطاحونة، أليس كذلك؟",
    "नदी चक्की के पास से बहती है।",
    "แม่น้ำไหลผ่านโรงสี",
    "川は水車小屋のそばを流れる。ゆっくりと、カタカタと。",
    "河流从磨坊旁边流过，慢慢地。",
    "강물은 방앗간 옆으로 흐른다.",
    "\u1112\u1161\u11ab\u1100\u1173\u11af written with single letters, 한글 with whole ones.",
    "წისქვილი მდინარესთან დგას. Ջրաղաց։",
]
SIGNS = [
    "", " ", "  ", "   ", "a", " a", "a ", "  a", "a  b", "a   b  ", "\n", "\n\n", " \n", "\n a", "a\n\n\nb", "\t\tx\t\t",
    "\r\n line \r\n\r\n line", "if x:\n    return 3\n\telse: pass\n", "no\u00a0break\u2009thin\u3000wide\u0085next\u2028line",
    "zero\u200bwidth\u200djoin\ufeffmark", "\ufeffmark first", "\x00\x01\x1f\x7f\x80\x9f", "soft\u00adhyphen",
    "🙂", "🙂🙃 x 🙂", "👩‍🔬 and 👨‍👩‍👧‍👦", "🇩🇪🇫🇷 flags", "👍🏽 thumb", "❤️ vs ❤", "keycap 1️⃣2️⃣",
    "e\u0301 é a\u0323\u0308 \u0301alone", "Z\u0351\u036b\u0343\u030a\u0364 stacked", "ﬁne ligature ½ ² Ⅷ ① ٣ ५",
    "𝔐𝔦𝔩𝔩 𐍈 𠀋 \U0001f9ff \U0010ffff", "\ufffd \ufffe \uffff \ue000", "¿¡«»„“”…—–", "a.b,c;d:e!f?g(h)i[j]{k}",
    "--flag=value && ~/x.sh | y > /z; echo \"$A\" '#b'", "https://example.org/a_b/c-d?e=f&g=%20#h", "user@example.org",
    "snake_case camelCase PascalCase SCREAMING_SNAKE kebab-case", "x=1+2*(3/4)^5<=6!=7", "1234567890 12 345 6789",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "thethethethethe", "'s 't 're 've 'm 'll 'd 'S ''s '", "it' s l'l ' ll",
    "Ġalready Ċspelled Ń", "Ã¤ twice encoded", END, " " + END + " ", END + END, "a" + END + "b", "<|endoftext|", "<|endoftext|>>",
    "x <m> y", "x<m>y", "é<m>é <m>.<m>_<m>", " <m> ", "\n\t<m>\u3000<m>\u200b<m>", "<m><m>  <m>", "<mm><m>m>", "<m", "<|endoftext|><m>the",
]


def flat(encoding):
    return [x for pair in encoding.offsets for x in pair]


def vectors(tokenizer, texts):
    out = []
    for text in texts:
        e = tokenizer.encode(text)
        out.append({"text": text, "ids": e.ids, "pieces": e.tokens, "offsets": flat(e)})
    return out


def decodes(tokenizer, rng, count):
    out = []
    size = tokenizer.get_vocab_size()
    for _ in range(count):
        ids = [rng.choice([rng.randrange(size), rng.randrange(1, 257), 0]) for _ in range(rng.randrange(12))]
        skip = tokenizer.decode(ids, skip_special_tokens=True)
        out.append({"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=False), "skip": skip})
    return out


def mixtures(rng, count):
    """Short texts of everything that flags of added tokens and white space can meet."""
    parts = ["<m>", "<m>", "<mm>", END, " ", "  ", "\n", "\u3000", "\u0085", "\ufeff", "a", "the", "é", "_", "1", ".", "'s", "🙂"]
    return ["".join(rng.choices(parts, k=rng.randrange(1, 9))) for _ in range(count)]


def byte_level(**changes):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True} | changes


def added(tokenizer, **flags):
    size = tokenizer.get_vocab_size()
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    end = plain | {"id": 0, "content": END, "special": True}
    return [end, plain | flags | {"id": size, "content": "<m>"}, plain | {"id": size + 1, "content": "<mm>", "normalized": True}]


def main():
    rng = random.Random(2402)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=520, initial_alphabet=alphabet, special_tokens=[END], show_progress=False)
    tokenizer.train_from_iterator(PROSE * 2 + PROSE[:16] * 2, trainer)

    HERE.mkdir(parents=True, exist_ok=True)
    plain = json.loads(tokenizer.to_str())
    (HERE / "tokenizer.json").write_text(json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n")
    tokenizer.model.save(str(HERE))

    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": END, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "X", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {END: {"id": END, "ids": [0], "tokens": [END]}, "X": {"id": "X", "ids": [5, 6], "tokens": [tokenizer.id_to_token(5), tokenizer.id_to_token(6)]}},
    }
    prefix = byte_level(add_prefix_space=True)
    patches = {
        "prefix space": {"pre_tokenizer": prefix},
        "one word": {"pre_tokenizer": byte_level(use_regex=False)},
        "prefix space, trimmed but first": {"pre_tokenizer": prefix, "post_processor": byte_level(trim_offsets=True, add_prefix_space=True)},
        "trimmed": {"post_processor": byte_level(trim_offsets=True)},
        "template": {"post_processor": template},
        "whole words": {"model": plain["model"] | {"ignore_merges": True, "merges": plain["model"]["merges"][:100] + [m for m in plain["model"]["merges"][100:] if rng.random() < 0.5]}},
    }
    flags = [{}, {"lstrip": True}, {"rstrip": True}, {"single_word": True}, {"lstrip": True, "rstrip": True, "special": True}, {"single_word": True, "lstrip": True, "normalized": True}]
    for flag in flags:
        patches["added " + " ".join(flag)] = {"added_tokens": added(tokenizer, **flag)}
    patches["added trimmed"] = patches["added lstrip"] | patches["prefix space, trimmed but first"]

    variants = []
    for name, patch in patches.items():
        other = Tokenizer.from_str(json.dumps(plain | patch))
        texts = mixtures(rng, 25) + rng.sample(SIGNS, 12) + rng.sample(PROSE, 2)
        stored = patch
        if "model" in patch:  # the vocabulary is in tokenizer.json already
            stored = {"model": {k: v for k, v in patch["model"].items() if k in ("ignore_merges", "merges")}}
        variants.append({"name": name, "patch": stored, "vectors": vectors(other, texts), "decode": decodes(other, rng, 4)})

    golden = {
        "about": "test/oracle/make_bpe_vectors.py",
        "versions": {"tokenizers": tokenizers.__version__},
        "seed": 2402,
        "vectors": vectors(tokenizer, PROSE + SIGNS),
        "decode": decodes(tokenizer, rng, 80),
        "variants": variants,
    }
    (HERE / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")


main()
