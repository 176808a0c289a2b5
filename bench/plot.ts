/** How figures grow with the number of tenants, as drawings (SVG). The same figures make the same drawing. */
import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { type Figure, pointsOf, Series } from "./figure.ts";

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 760;
const HEIGHT = 490;
const FONT = "Helvetica, Arial, sans-serif";
/** Seen by people who see colours in another way, on a light and on a dark page. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"];
const STROKES = ["solid", "dashed", "dotted"] as const;

export interface Plot {
  /** Of its file: `growth.svg`. */
  file: string;
  title: string;
  /** Unit of the vertical axis. */
  axis: string;
  scale: "log" | "value";
  series: readonly Series[];
}

export const PLOTS: readonly Plot[] = [
  {
    file: "growth.svg",
    title: "Time by the number of tenants, in shards of at most 50",
    axis: "seconds",
    scale: "log",
    series: [
      Series.Create,
      Series.Destroy,
      Series.Refresh,
      Series.NoOp,
      Series.ChangeOne,
      Series.StatusOfAll,
    ],
  },
  {
    file: "growth-operations.svg",
    title: "Time of an operation on one tenant, in shards of at most 50",
    axis: "seconds",
    scale: "value",
    series: [Series.RemoveOne, Series.RotateOne, Series.DisableOne, Series.EnrollOne],
  },
  {
    file: "growth-calls.svg",
    title: "Cloudflare calls by the number of tenants",
    axis: "calls",
    scale: "value",
    series: [
      Series.CallsToCreate,
      Series.CallsToDestroy,
      Series.CallsOfNoOp,
      Series.CallsToRotate,
      Series.CallsToRemove,
      Series.CallsToDisable,
    ],
  },
  {
    file: "growth-memory.svg",
    title: "Memory of the program by the tenants of its stack",
    axis: "MB",
    scale: "value",
    series: [Series.Memory],
  },
];

function optionOf({ title, axis, scale, series }: Plot, figures: readonly Figure[]): EChartsCoreOption {
  const lines = series.map((name) => ({ name, points: pointsOf(figures, name) }));
  const tenants = lines.flatMap(({ points }) => points.map(([count]) => count));
  const text = { fontFamily: FONT, color: "#57606a" };
  const axisStyle = {
    nameTextStyle: text,
    axisLabel: text,
    axisLine: { lineStyle: { color: "#8c959f" } },
    splitLine: { lineStyle: { color: "#d0d7de", width: 0.5 } },
  };
  return {
    animation: false,
    color: COLOURS,
    backgroundColor: "#ffffff",
    title: { text: title, left: "center", textStyle: { ...text, fontSize: 15, fontWeight: "normal" } },
    legend: { bottom: 0, textStyle: text, icon: "roundRect", itemWidth: 14, itemGap: 26 },
    grid: { left: 70, right: 30, top: 70, bottom: 120 },
    xAxis: {
      ...axisStyle,
      type: "log",
      name: "tenants",
      nameLocation: "middle",
      nameGap: 28,
      min: Math.min(...tenants, 1),
      max: Math.max(...tenants, 1),
    },
    yAxis: { ...axisStyle, type: scale, name: axis },
    series: lines
      .filter(({ points }) => points.length > 0)
      .map(({ name, points }, index) => ({
        type: "line",
        name,
        data: points,
        symbol: "circle",
        symbolSize: 7,
        // Of two lines with the same values, both are seen.
        lineStyle: { width: 2, type: STROKES[index % STROKES.length] },
      })),
  };
}

/** The library numbers its drawings, and their styles, which are for a pointer that hovers over them. */
function withoutHover(svg: string): string {
  return svg
    .replaceAll(/ class="[^"]*"/g, "")
    .replaceAll(/<style\b.*?<\/style>/gs, "")
    .replaceAll(/\bzr\d+-/g, "zr-");
}

/** For whoever cannot see it. Titles have no character that XML reserves. */
function withTitle(svg: string, title: string): string {
  return svg.replace(
    /^<svg [^>]*>/,
    (tag) => `${tag.replace("<svg", '<svg role="img"')}\n<title>${title}</title>`,
  );
}

/** A drawing of a plot, as text. */
export function drawing(plot: Plot, figures: readonly Figure[]): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionOf(plot, figures));
    return `${withTitle(withoutHover(chart.renderToSVGString()), plot.title)}\n`;
  } finally {
    chart.dispose();
  }
}
