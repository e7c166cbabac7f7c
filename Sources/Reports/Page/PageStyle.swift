/// How the pages look.
enum PageStyle {
  static let rules = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--surface);color:var(--ink);line-height:1.5;
    font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
    main{max-width:980px;margin:0 auto;padding:32px 24px 48px}
    .kicker{margin:0;color:var(--muted);font-size:.95rem}
    h1{font-size:clamp(1.35rem,1rem + 1.6vw,1.9rem);line-height:1.25;margin:.3rem 0 0;font-weight:650;overflow-wrap:anywhere}
    .lead{margin:.6rem 0 0;max-width:75ch;overflow-wrap:anywhere}
    h2{font-size:1.15rem;margin:2.6rem 0 .8rem;padding-top:.9rem;border-top:1px solid var(--grid)}
    h2 a{color:inherit;text-decoration:none}
    h2 a:hover{text-decoration:underline}
    nav{margin:.7rem 0 0;font-size:.85rem;color:var(--muted);overflow-wrap:anywhere}
    a{color:var(--c0)}
    .files{margin:.3rem 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.9rem}
    h3{font-size:1rem;margin:0;line-height:1.35;font-weight:650;overflow-wrap:anywhere}
    figure{margin:0 0 1.4rem;min-width:0;break-inside:avoid}
    figcaption{margin-bottom:.7rem}
    figcaption p,.note{margin:.15rem 0 0;font-size:.85rem;color:var(--muted);overflow-wrap:anywhere}
    .note{margin:.6rem 0 1rem;max-width:75ch}
    .chart{display:block;max-width:100%;height:auto}
    .narrow{display:none}
    .pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:8px 28px}
    .pair>figure{display:grid;grid-template-rows:subgrid;grid-row:span 2;gap:0}
    .scroll{overflow-x:auto}
    .scroll+.scroll{margin-top:1.4rem}
    .large .chart{max-width:none}
    table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
    th,td{padding:.35rem .9rem .35rem 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--grid)}
    th{font-weight:600}
    thead th{color:var(--muted);font-weight:500}
    tbody th{overflow-wrap:break-word;max-width:18rem}
    .number{text-align:right}
    td.number{white-space:nowrap}
    td.words{min-width:11rem}
    pre{margin:.3rem 0 .8rem;padding:.5rem .7rem;border:1px solid var(--grid);border-radius:4px;font-size:.85rem;
    white-space:pre-wrap;overflow-x:auto}
    pre span{white-space:nowrap}
    pre code{-webkit-user-select:all;user-select:all}
    .pictures{display:flex;flex-wrap:wrap;gap:14px}
    .pictures figure{margin:0;width:112px}
    .pictures img{width:84px;height:84px;object-fit:contain;image-rendering:pixelated;border:1px solid var(--grid)}
    .pictures figcaption{font-size:.8rem;line-height:1.3;margin:.2rem 0 0}
    details{margin:.4rem 0}
    details .scroll{margin:.4rem 0 1rem}
    summary{cursor:pointer;color:var(--muted);font-size:.9rem;padding:.2rem 0}
    summary:hover{color:var(--ink)}
    summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
    footer{margin-top:3rem;color:var(--muted);font-size:.85rem}
    @media (max-width:860px){.pair{grid-template-columns:minmax(0,1fr)}}
    @media screen and (max-width:640px){main{padding:20px 16px 32px}.wide{display:none}.narrow{display:block}
    tbody th{min-width:6.5rem;max-width:8.5rem;overflow-wrap:anywhere}
    th,td{padding-right:.7rem}}
    @media print{main{max-width:none;padding:0}h2,h3{break-after:avoid}tr{break-inside:avoid}
    .pair{grid-template-columns:repeat(2,minmax(0,1fr))}.large .chart{max-width:100%}.scroll{overflow:visible}nav,section:has(.files){display:none}
    details:not(.folded)::details-content{content-visibility:visible;height:auto}*{print-color-adjust:exact}}

    """
}
