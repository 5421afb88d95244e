"""Writes lines.json.gz: 6,000 varied lines that tokenizers are compared on. Deterministic (python3 make_lines.py)."""
import gzip
import json
import pathlib
import random
import unicodedata

here = pathlib.Path(__file__).parent
r = random.Random(20240607)

SENTENCES = """
All human beings are born free and equal in dignity and rights.
Alle Menschen sind frei und gleich an Würde und Rechten geboren; die Straße heißt „Königsweg“.
Tous les êtres humains naissent libres et égaux en dignité et en droits, n'est-ce pas ?
Todos los seres humanos nacen libres e iguales. ¿Verdad? ¡Sí, señor!
Tutti gli esseri umani nascono liberi ed eguali; perché no, città e università?
Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw; zażółć gęślą jaźń.
Všichni lidé rodí se svobodní a sobě rovní; příliš žluťoučký kůň úpěl ďábelské ódy.
Minden emberi lény szabadon születik; árvíztűrő tükörfúrógép.
Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan.
Tüm insanlar hür doğar; İstanbul'da ılık bir gün, IĞDIR ığdır.
Mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi.
Все люди рождаются свободными и равными в своём достоинстве и правах.
Всі люди народжуються вільними і рівними у своїй гідності та правах, з’їзд.
Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια.
כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם; שָׁלוֹם.
يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق، السَّلَامُ عَلَيْكُم ١٢٣.
تمام انسان آزاد پیدا ہوئے ہیں اور حقوق و عزت کے اعتبار سے برابر ہیں۔
सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। १२३४
সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।
மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்.
ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః స్వతంత్రులు.
มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ
လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် မွေးဖွားလာသူများ ဖြစ်သည်။
ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებით.
Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ։
የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።
人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心。
人人生而自由，在尊严和权利上一律平等。2024年6月7日
すべての人間は、生まれながらにして自由であり、ｶﾀｶﾅとカタカナ、〒100-0001。
모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 한글
Binadamu wote huzaliwa hali ya kuwa huru; Ọmọ ènìyàn gbogbo ni a bí ní òmìnira.
I'm sure they'll say we've won, it's 5 o'clock, he'd gone, you're NOT'S, I'LL, DON'T.
""".strip().split("\n")

CODE = r"""
def f(x: int, *args, **kw) -> str: return f"{x!r:>10}" if x else None
for (int i = 0; i < n; ++i) { a[i] += b[i] * 3.14159e-10f; }
SELECT COUNT(*) FROM "users" WHERE name LIKE '%o''b%' AND id >= 0x1F;
public static async Task<int> Main(string[] args) => await RunAsync(args ?? []);
<div class="x y" id='z'>&nbsp;&#8364; {{ item.name | upper }}</div>
\frac{\partial f}{\partial x} = \sum_{i=1}^{n} \alpha_i x^{2i}
{"key": [1, -2.5e3, true, null, "\u00e9\n"], "nested": {"a": {}}}
git commit -m "fix: don't crash" && ./configure --prefix=/usr/local
https://example.com/a/b?c=d&e=%20f#g user.name+tag@example.co.uk 192.168.0.1
0123456789 1,234,567.89 1e-5 2^10 007 ½ ² Ⅷ ٣ १ 𝟘𝟙𝟚
if __name__ == '__main__':    # comment    with   spaces
| a | b |    |---|---|    | 1 | 2 |
HTTPServer getURLForID snake_case_name kebab-case CONST_VALUE iOS15 x86_64
""".strip().split("\n")

SPECIAL = ["<s>", "</s>", "<unk>", "<|begin|>", "<|end|>", "<|im_start|>", "<0x0A>", "<0xFF>", "[INST]", "▁", "▁▁a", "Ġthe",
           "<|end", "|>", "<sep>"]
WHITE = [" ", "  ", "   ", "     ", "\t", "\t\t", "\n", "\n\n", "\r\n", " \n", "\n ", "\r", "\u00a0", "\u2003", "\u3000", "\u2028",
         "\u200b", "\u0085", "\ufeff", "\x0b", "\x0c", "\x1c", "\x1f", "\x00", "\u180e", "\u202f"]
ODD = ["e\u0301", "ﬁ", "ſ", "'ſ", "K", "Å", "Ω", "ß", "ẞ", "İ", "ı", "\u0344", "क़", "ạ\u0307", "q\u0307\u0323", "가", "ㄱ", "각",
       "①", "㎏", "Ａｂ１", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "☃", "𝒳", "𐐷", "𠀀", "\U000e0067", "\ufffd", "\uffff", "\ue000",
       "\U0010ffff", "¼", "…", "’s", "—", "“", "‘", "·", "•", "→", "°", "€", "￥", "\u0600", "\u200d", "\u202e"]
RANGES = [(0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F),
          (0x1100, 0x11FF), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1FAFF), (0x1D400, 0x1D7FF),
          (0x20000, 0x2A6DF), (0x10400, 0x1044F), (0x300, 0x36F), (0x2000, 0x206F), (0x2460, 0x24FF), (0xFF00, 0xFFEF), (0xFB00, 0xFB4F),
          (0, 0x1F), (0x7F, 0x9F)]


def characters():
    low, high = r.choice(RANGES)
    text = "".join(chr(r.randint(low, high)) for _ in range(r.randint(1, 5)))
    # What is not assigned yet may be a letter to one reference and nothing to another.
    return "".join(c for c in text if unicodedata.category(c) != "Cn")


def mixed():
    parts = []
    for _ in range(r.randint(1, 9)):
        m = r.random()
        if m < 0.30:
            parts.append(r.choice(WHITE))
        elif m < 0.45:
            parts.append(r.choice(ODD))
        elif m < 0.55:
            parts.append(r.choice(SPECIAL))
        elif m < 0.75:
            parts.append(characters())
        else:
            parts.append(r.choice(r.choice(SENTENCES + CODE).split(" ")))
    return "".join(parts)


def excerpt():
    words = r.choice(SENTENCES + CODE).split(" ")
    start = r.randrange(len(words))
    return r.choice(["", " ", "\n", "  "]) + " ".join(words[start:start + r.randint(1, 7)])


lines = ["", " ", "  ", "\n", "\n\n\n", "a", "▁", " a", "a ", " " * 40, "\n" * 20, "a" * 600, "ab" * 300, "é" * 100, "👍" * 30, "\t" * 9]
lines += SENTENCES + CODE
while len(lines) < 2400:
    lines.append(excerpt())
while len(lines) < 6000:
    lines.append(mixed())
with gzip.GzipFile(here / "lines.json.gz", "wb", mtime=0) as f:
    f.write(json.dumps(lines, ensure_ascii=False).encode())
print(len(lines), "lines", sum(map(len, lines)), "characters")
