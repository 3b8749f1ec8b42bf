"""Makes test/goldens/tokenizers/unigram-own: small unigram models and what the two libraries make of our sentences.

    pip install sentencepiece==0.2.3 protobuf==7.36.2 tokenizers==0.23.3
    python test/oracle/make_unigram_vectors.py

All sentences are our own. Offsets are written in UTF-16 code units. Same versions, same bytes.
"""

import base64
import io
import itertools
import json
import pathlib
import random

import sentencepiece
import tokenizers
from tokenizers import Tokenizer

OUT = pathlib.Path(__file__).parents[1] / "goldens" / "tokenizers" / "unigram-own"
SEED = 20240216

SENTENCES = [
    "",
    " ",
    "   \t\n ",
    "The baton passes from the big reader to the small writer.",
    "A small boat waits near the quiet harbour, and nobody hurries.",
    "Who wrote this letter? Nobody knows, but the ink is still wet!",
    "Der Zug nach München fährt um 7 Uhr 45 ab; bitte nicht drängeln.",
    "Größe, Übermut, ärgerlich, Straße – und die Füße tun weh.",
    "Ein Fuchs übersprang drei Zäune, fiel hin und lachte trotzdem.",
    "Œuvre d'été à l'île: le garçon mangeait des crêpes.",
    "El niño pequeño soñó con montañas y un ñandú.",
    "猫が屋根の上で静かに眠っています。",
    "東京タワーは高さ333メートルです。",
    "ﾊﾝｶｸ ｶﾞｷﾞｸﾞ と フルサイズ の カナ",
    "ＦＵＬＬ－ＷＩＤＴＨ　１２３４５　ａｂｃ！？",
    "ﬁne ﬂour, oﬃce, ﬀ, ﬄ, ĳ and ǆ",
    "e\u0301 o\u0308 a\u030a n\u0303 \u1e9b\u0323 q\u0307\u0323",
    "Zalgo: h\u0301\u0302\u0303e\u0323\u0324l\u0330\u0331l\u0336o\u0337\u0338",
    "½ cup, ¼ inch, x² + y³ = z⁴, H₂O, 5 ㎏, 20 ℃, №7, ™ ©",
    "① ② ⑳ ㈱ ㍻ ㍿ Ⅷ ⅷ ﷺ",
    "👩‍👩‍👧 is a family, 👍🏽 a thumb, 🇩🇪 a flag, 🏳️‍🌈 too.",
    "emoji🙂inside🙂words 🙂",
    "no\u00a0break\u00a0space and\u2003em\u2009thin\u200bzero\u3000wide",
    "tab\there, newline\nthere, return\r\nboth, feed\x0c, vertical\x0b.",
    "control \x00 \x01 \x1b[0m \x7f \x80 \x85 \x9f end",
    "\ufeffbyte order mark and soft\u00adhyphen",
    "▁ lower one eighth ▁▁ block ▁",
    "▁▁",
    "Привет, мир! Как твои дела?",
    "Γειά σου Κόσμε, τι κάνεις;",
    "שלום עולם, מה שלומך?",
    "مرحبا بالعالم كيف حالك اليوم",
    "नमस्ते दुनिया, क्षत्रिय ज्ञान",
    "สวัสดีชาวโลก น้ำตา",
    "한국어 문장도 있습니다. 각각",
    "\u1112\u1161\u11ab\u1100\u1173\u11af jamo",
    "ጤና ይስጥልኝ ᚠᛇᚻ ᏣᎳᎩ 𐎀𐎁𐎂 𒀀𒀁 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟘𝟙𝟚",
    "unknown 〄〆〶 in 〄 a row 〄〄〄 and 〄a〄",
    "http://example.org/a?b=c&d=%20e#f",
    "function add(a, b) { return a + b; } // sum",
    "1234567890 3.14159 -42 1e-6 1,000,000",
    "......!!!!!!??????------",
    "CamelCase snake_case kebab-case SHOUTING",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "abababababababababab bababababababababa",
    "   leading and trailing   ",
    "double  spaces   and    more     here",
    " \u00a0 mixed \u3000 spaces \u2028 lines \u2029 ",
    "</s>",
    "a </s> b <pad><unk> <s>",
    "<extra_id_0> and <extra_id_1>.",
    "<hole>word<hole> two <hole> three<hole>",
    "left  <left>right  <right>  both  <both>  end",
    "Loud LOUD loud ＬＯＵＤ loudly aloud",
    "<0x41> <0xFF> is text",
    "[SEP][SEP] x[SEP]y",
    "\u0301leading mark",
    "\u200d\u200c joiners \u200e\u200f marks",
    "\u0600\u0661 \u0600a \u06dd1 prepended",
    "º\u0903 ª\u0301 ﬁ\u0301 ½\u0301 ²\u20dd ™\u0301 ㎏\u0301",
    "\u2126 \u212b \u00c5 \u0041\u030a \u0344 \u0387 \u1fbe",
    "\u1100\u0301 \u1161\u0301 \uac00\u0301 \uac01\u0327",
    "か\u3099 ハ\u309a ｶ\uff9e\u0301",
    "\u00e9\u0327 e\u0327\u0301 e\u0301\u0327 \u01d5 u\u0308\u0304",
    "\U0001f468\u0301 \U0001f3fb a\U0001f3fb \U000e0041",
    "\u0e33 \u0eb3 กำ ກຳ",
    "\ufffd replacement \ufffe\uffff nonchars \U0010ffff",
    "The reader reads, the writer writes; reading is not writing.",
    "the the the The THE thethe the.the,the",
    "x",
    "é",
    "🙂",
    "〄",
]

# Words for the corpus: enough repetition that pieces longer than a letter pay.
NOUNS = "reader writer baton boat harbour letter house garden river winter Zug Straße Fuchs Brücke Wald".split()
VERBS = "passes carries reads writes waits finds keeps sieht findet trägt liest schreibt".split()
ENDS = ["quietly.", "again!", "near the river.", "today, as always.", "im Garten.", "über die Brücke.", "nicht mehr."]


def corpus():
    rng = random.Random(SEED)
    made = [f"The {a} {v} the {b} {e}" for a, v, b, e in itertools.product(NOUNS, VERBS, NOUNS, ENDS)]
    rng.shuffle(made)
    return [s.replace("\n", " ").replace("\0", " ") for s in SENTENCES * 3] + made[:700]


RULES = {  # our own small charsmap: one to one, longer, shorter, to nothing, overlapping keys
    "ﬁ": "fi", "ﬂ": "fl", "½": "1⁄2", "①": "1", "㎏": "kg", "…": "...", "\u00a0": " ", "\u3000": " ", "\t": " ",
    "\n": " ", "\x01": "", "\u200b": "", "\u00ad": "", "e\u0301": "é", "o\u0308": "ö", "²": "2", "º": "o", "ª": "a",
    "Ａ": "A", "Ｆ": "F", "Ｕ": "U", "Ｌ": "L", "Ｏ": "O", "Ｄ": "D", "〶": "〒 〒", "ſ": "s", "ab": "ba", "aba": "c d",
}


def units(text):
    """UTF-16 index by code point index."""
    return [0, *itertools.accumulate(1 + (ord(c) > 0xFFFF) for c in text)]


def byte_units(text):
    at, found = 0, {}
    for c, unit in zip(text, units(text)):
        found[at] = unit
        at += len(c.encode())
    found[at] = units(text)[-1]
    return found


def flat(pairs):
    return [n for pair in pairs for n in pair]


def train(name, rules=None, **options):
    if rules is not None:
        path = OUT / "rules.tsv"
        path.write_text("".join(
            f"{' '.join(f'{ord(c):X}' for c in k)}\t{' '.join(f'{ord(c):X}' for c in v)}\n" for k, v in rules.items()))
        options["normalization_rule_tsv"] = str(path)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus()), model_writer=model, model_type="unigram", vocab_size=options.pop("size", 320),
        hard_vocab_limit=False, num_threads=1, minloglevel=2, **options)
    if rules is not None:
        path.unlink()
    (OUT / f"{name}.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def spiece_vectors(sp):
    rng = random.Random(SEED)
    vectors = []
    for text in SENTENCES:
        proto = sp.encode(text, return_type="proto")
        at = byte_units(text)
        vectors.append({
            "normalized": sp.normalize(text), "ids": [p.id for p in proto.pieces],
            "pieces": [p.piece for p in proto.pieces],
            "offsets": flat((at[p.begin], at[p.end]) for p in proto.pieces),
            "decoded": sp.decode([p.id for p in proto.pieces]),
        })
    rows = [[rng.randrange(sp.get_piece_size()) for _ in range(rng.randrange(9))] for _ in range(60)]
    return {"vectors": vectors, "decode": [{"ids": ids, "decoded": sp.decode(ids)} for ids in rows]}


def added(id, content, **flags):
    base = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": content, **base, **flags}


def tokenizer_json(vocab, unk, charsmap, normalizer, pre_tokenizer, decoder, byte_fallback):
    ids = {piece: id for id, (piece, _) in enumerate(vocab)}
    flags = {
        "<pad>": {}, "</s>": {}, "<hole>": {}, "<left>": {"lstrip": True}, "<right>": {"rstrip": True},
        "<both>": {"lstrip": True, "rstrip": True}, "loud": {"single_word": True, "special": False},
        "LOUD": {"normalized": True, "special": False}, "[SEP]": {"normalized": True},
    }
    tokens = [added(ids.setdefault(content, len(ids)), content, **f) for content, f in flags.items()]
    eos = ids["</s>"]
    end = {"SpecialToken": {"id": "</s>", "type_id": 0}}
    text = [{"Sequence": {"id": "A", "type_id": 0}}, end]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens,
        "normalizer": fill(normalizer, charsmap), "pre_tokenizer": pre_tokenizer,
        "post_processor": {"type": "TemplateProcessing", "single": text,
                           "pair": text + [{"Sequence": {"id": "B", "type_id": 0}}, end],
                           "special_tokens": {"</s>": {"id": "</s>", "ids": [eos], "tokens": ["</s>"]}}},
        "decoder": decoder, "model": {"type": "Unigram", "unk_id": unk, "vocab": vocab, "byte_fallback": byte_fallback},
    }


def fill(part, charsmap):
    """The stored JSON says CHARSMAP and has no vocabulary: both are in the .model file."""
    if isinstance(part, dict):
        return {k: charsmap if v == "CHARSMAP" else fill(v, charsmap) for k, v in part.items()}
    return [fill(p, charsmap) for p in part] if isinstance(part, list) else part


def json_vectors(tok):
    rng = random.Random(SEED)
    size = tok.get_vocab_size()
    vectors = []
    for text in SENTENCES:
        e = tok.encode(text)
        at = units(text)
        vectors.append({
            "ids": e.ids, "offsets": flat((at[a], at[b]) for a, b in e.offsets),
            "decoded": tok.decode(e.ids, skip_special_tokens=False), "skipped": tok.decode(e.ids),
        })
    rows = [[rng.randrange(size) for _ in range(rng.randrange(9))] for _ in range(40)]
    return {"vectors": vectors, "decode": [
        {"ids": r, "decoded": tok.decode(r, skip_special_tokens=False), "skipped": tok.decode(r)} for r in rows]}


def metaspace(**options):
    return {"type": "Metaspace", "replacement": "▁", **options}


def sequence(kind, *parts):
    return {"type": "Sequence", kind: list(parts)}


PRECOMPILED = {"type": "Precompiled", "precompiled_charsmap": "CHARSMAP"}
ALWAYS = metaspace(prepend_scheme="always", split=True)
VARIANTS = {  # name: (model, normalizer, pre_tokenizer, decoder, byte_fallback)
    "split": ("t5", PRECOMPILED, sequence("pretokenizers", {"type": "WhitespaceSplit"}, ALWAYS), ALWAYS, False),
    "replace": ("t5", sequence("normalizers", PRECOMPILED, {"type": "Strip", "strip_left": False, "strip_right": True},
                               {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}), ALWAYS, ALWAYS, False),
    "legacy": ("rules", PRECOMPILED, sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace(add_prefix_space=True)),
               metaspace(add_prefix_space=True), True),
    "first": ("rules", sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": True},
                                {"type": "NFKC"}, {"type": "Replace", "pattern": {"String": "th"}, "content": "xyz"}),
              metaspace(prepend_scheme="first", split=False), metaspace(prepend_scheme="first", split=False), True),
    "never": ("rules", {"type": "NFD"}, metaspace(prepend_scheme="never", split=True),
              metaspace(prepend_scheme="never", split=True), True),
    "bare": ("rules", sequence("normalizers", {"type": "NFC"}, PRECOMPILED,
                               {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}), None, ALWAYS, False),
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    models = {
        "t5": train("t5", size=520, pad_id=0, eos_id=1, unk_id=2, bos_id=-1),
        "rules": train("rules", RULES, size=600, character_coverage=0.985, byte_fallback=True, user_defined_symbols=["<hole>", "in a", "東京", "▁und"],
                       control_symbols=["<ctl>"], unk_surface=" <?> "),
        "plain": train("plain", size=420, character_coverage=0.99, normalization_rule_name="identity", treat_whitespace_as_suffix=True,
                       remove_extra_whitespaces=False, user_defined_symbols=["  "], unk_surface="�"),
        "bare": train("bare", size=420, character_coverage=0.99, normalization_rule_name="identity", add_dummy_prefix=False),
    }
    golden = {"versions": {"sentencepiece": sentencepiece.__version__, "tokenizers": tokenizers.__version__},
              "texts": SENTENCES, "spiece": {name: spiece_vectors(sp) for name, sp in models.items()}, "json": {}}
    for name, (model, normalizer, pre, decoder, bytes_too) in VARIANTS.items():
        sp = models[model]
        vocab = [[sp.id_to_piece(i), sp.get_score(i)] for i in range(sp.get_piece_size())]
        charsmap = base64.b64encode(charsmap_of((OUT / f"{model}.model").read_bytes())).decode()
        made = tokenizer_json(vocab, sp.unk_id(), charsmap, normalizer, pre, decoder, bytes_too)
        tok = Tokenizer.from_str(json.dumps(made))
        stored = {**made, "normalizer": normalizer, "model": {**made["model"], "vocab": []}}
        golden["json"][name] = {"model": model, "tokenizer": stored, **json_vectors(tok)}
    text = json.dumps(golden, ensure_ascii=True, separators=(",", ":"))
    (OUT / "golden.json").write_text(text + "\n")


def charsmap_of(data):
    """The bytes of normalizer_spec.precompiled_charsmap, by the wire format alone."""
    def fields(buffer):
        at = 0
        def varint():
            nonlocal at
            value = shift = 0
            while True:
                byte = buffer[at]
                at += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value
        while at < len(buffer):
            tag = varint()
            if tag & 7 == 0:
                varint()
            elif tag & 7 == 2:
                length = varint()
                yield tag >> 3, buffer[at:at + length]
                at += length
            else:
                at += {1: 8, 5: 4}[tag & 7]
    spec = next(body for number, body in fields(data) if number == 3)
    return next(body for number, body in fields(spec) if number == 2)


if __name__ == "__main__":
    main()
