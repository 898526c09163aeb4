"""The page's style sheet: system fonts, one column, light and dark."""

CSS = """
:root { color-scheme: light dark; --bg: #fbfbfc; --card: #fff; --text: #1c1e21; --soft: #5d646d; --line: #e2e5e9;
  --accent: #0b62a8; --stripe: #f4f6f8; --warn: #9a3412; --warnbg: #fff4ec; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171a; --card: #1c2024; --text: #e6e8eb; --soft: #9aa3ad;
  --line: #2f353b; --accent: #6cb6f5; --stripe: #22272c; --warn: #fdba8c; --warnbg: #33231a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); line-height: 1.55;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header, main { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.9rem; margin: 0 0 .4rem; letter-spacing: -.02em; }
h2 { font-size: 1.35rem; margin: 0 0 .8rem; letter-spacing: -.01em; }
section { margin: 2.8rem 0; scroll-margin-top: 1rem; }
a { color: var(--accent); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; padding: 0; margin: 0 0 1rem; list-style: none;
  color: var(--soft); }
.facts b { color: var(--text); font-size: 1.15rem; }
.about { max-width: 48rem; } .about p { margin: .5rem 0; } .about h2 { font-size: 1rem; margin: 1rem 0 .3rem; }
.about ul { margin: .3rem 0 .8rem; padding-left: 1.2rem; font-size: .93rem; }
nav { border: 1px solid var(--line); border-radius: 10px; background: var(--card); padding: .55rem 1rem;
  margin-bottom: 1.4rem; font-size: .9rem; }
nav ul { list-style: none; margin: 0; padding: 0; } nav li { padding: .1rem 0; }
nav a { display: inline-block; margin-right: 1rem; } nav .task { font-weight: 600; min-width: 8rem; }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .6rem; }
.warn { background: var(--warnbg); color: var(--warn); border-radius: 8px; padding: .6rem .9rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .75rem; text-align: right; white-space: nowrap; font-weight: 400; }
th:first-child { text-align: left; }
thead th { color: var(--soft); font-size: .8rem; border-bottom: 1px solid var(--line); white-space: normal;
  vertical-align: bottom; }
tbody tr:nth-child(even) { background: var(--stripe); }
b { font-weight: 680; }
.classical { border-top: 2px solid var(--line); color: var(--soft); }
.classical .group th { font-style: italic; font-size: .8rem; padding-bottom: .1rem; }
.words td, .words th { text-align: left; }
.notes, .caption, .files { color: var(--soft); font-size: .85rem; margin: .6rem 0; overflow-wrap: anywhere; }
.notes { padding-left: 1.1rem; }
details { margin: .6rem 0; } summary { cursor: pointer; color: var(--soft); font-size: .9rem; }
details p { max-width: 48rem; font-size: .92rem; } details .scroll { margin-top: .5rem; }
figure { margin: 1.6rem 0; scroll-margin-top: 1rem; }
.shot { overflow-x: auto; padding: 14px; background: #fff; border: 1px solid var(--line); border-radius: 10px; }
.shot img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { color: var(--soft); font-size: .85rem; margin-top: .5rem; text-align: center; }
.failures { list-style: none; padding: 0; } .failures summary { overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem; overflow-x: auto;
  font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; font-size: .88rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 36rem) { .shot img { max-width: max(100%, min(34rem, 180%)); }
  nav li { display: inline-block; } nav a:not(.task) { display: none; } nav .task { min-width: 0; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; }
  header { padding-top: 1.4rem; } }
@media print { nav, .files, summary, figcaption a { display: none; } section { break-inside: avoid-page; } }
"""
