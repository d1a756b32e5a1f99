"""Prints the time and the memory of each part of the report in a folder, as scripts/export.sh took them down."""

import json
import sys
from pathlib import Path

total = most = 0.0
print("part  minutes  memory, MB")
for file in sorted(Path(sys.argv[1], "data").glob("*.json")):
    page = json.loads(file.read_text(encoding="utf-8"))["page"]
    seconds, megabytes = sum(cell["seconds"] for cell in page["cells"]), page["memory"] / 1e6
    print(f"{page['key']:<4}  {seconds / 60:7.1f}  {megabytes:10.0f}")
    total, most = total + seconds, max(most, megabytes)
print(f"all   {total / 60:7.1f}  {most:10.0f}")
