"""Makes opticks.txt of the text of Newton's Opticks in Go's source tree: python3 opticks.py > opticks.txt

Takes Book One without its footnotes and figures, and writes it with one line for each paragraph, without the marks for
italics, in ASCII. Go 1.26, file src/testdata/Isaac.Newton-Opticks.txt.
"""

import re
import subprocess

root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
with open(root + "/src/testdata/Isaac.Newton-Opticks.txt", encoding="utf-8") as f:
    text = f.read()

text = text[text.index("THE FIRST BOOK OF OPTICKS"):text.index("THE\n\nSECOND BOOK")]
text = re.sub(r"FOOTNOTES:.*?\n\n\n\n", "\n\n", text, flags=re.S)
text = re.sub(r"\[Illustration.*?\]|\[[A-Z]\]", "", text, flags=re.S)
text = re.sub(r"\[Greek: *(.*?)\]", r"\1", text, flags=re.S)
for old, new in {"_": "", "æ": "ae", "Æ": "Ae", "ê": "e", "û": "u", "´": "'", "×": "x", "·": ".", "§": "Sect."}.items():
    text = text.replace(old, new)
for paragraph in re.split(r"\n\s*\n", text):
    line = " ".join(paragraph.split())
    if line:
        print(line)
