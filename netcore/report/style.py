"""How a report looks: one column, light and dark as the reader's system has it, narrow screens, and paper."""

CSS = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #5a5a60; --paper: #ffffff; --line: #d9d9de; --tint: #f3f4f6;
        --accent: #0072b2; --hot: 213, 94, 0 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --soft: #a5a5ad; --paper: #17181b; --line: #3a3b41; --tint: #22242a;
          --accent: #6cb8ea; --hot: 240, 130, 50 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
       font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; overflow-wrap: break-word }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; padding-top: .5rem; border-top: 1px solid var(--line) }
p { max-width: 44rem; margin: .6rem 0 }
header p { margin: .2rem 0; color: var(--soft) }
header .score { color: var(--ink); font-size: 1.25rem; margin-top: .8rem }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: 1.2rem 0 0; font-size: .92rem }
a { color: var(--accent) }
.note { border-left: 3px solid var(--accent); padding-left: .8rem; color: var(--soft) }
.alarm { border-left: 3px solid rgb(var(--hot)); padding-left: .8rem; font-weight: 600 }
.scroll { overflow-x: auto; max-width: 100% }
table { border-collapse: collapse; font-size: .9rem; margin: .6rem 0 }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: normal }
thead th, tfoot td { font-weight: 600 }
tbody th { color: var(--soft) }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
figure { margin: 1rem 0 1.6rem; break-inside: avoid }
figure .scroll, figure .card { background: #fff; border: 1px solid var(--line); border-radius: 6px; padding: .5rem }
figure .card, figure .scroll { width: fit-content; max-width: 100% }
figure img { display: block; max-width: 100%; height: auto }
figure .scroll img { max-width: none }
.row { display: flex; flex-wrap: wrap; gap: 0 1rem }
.row figure { flex: 0 1 auto; width: 28rem; max-width: 100% }
figcaption { font-size: .92rem; color: var(--soft); max-width: 44rem; margin-top: .35rem }
pre, code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .88rem }
pre { background: var(--tint); border-radius: 6px; padding: .7rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .6rem 0 }
.text span { background: rgba(var(--hot), var(--much)); border-radius: 2px }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --paper: #fff; --line: #bbb; --tint: #f3f4f6; --accent: #000 }
  body { max-width: none; font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact }
  nav { display: none }
  .row figure { width: 48% }
  figure .scroll, .scroll { overflow: visible }
  figure img, figure .scroll img { max-width: 100% }
  h2 { break-after: avoid }
}
"""
