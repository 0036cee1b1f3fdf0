/* Draws the charts of a page from the data beside them (reports/charts.py). Draws only: no number is reckoned here, and
   the table next to each chart says the same without it. ES2018 at most. Colours are the page's own custom properties,
   which SVG follows by itself when the scheme changes or the page is printed. */
(function () {
  "use strict";

  var FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
  // A4 portrait leaves some 690 pixels between its margins; what is laid out wider is scaled down, as print is small.
  var PAPER = { width: 900, lines: 210 };
  var ROW = 24; // height of a horizontal bar with its gap
  var COLOURS = {
    actual: "var(--accent)", planned: "var(--muted)", before: "var(--muted)", goal: "var(--red)",
    COMPLETED: "var(--completed)", AHEAD: "var(--ahead)", ON: "var(--on)", BEHIND: "var(--behind)",
    NOT_STARTED: "var(--not-started)", NO_DATA: "var(--no-data)", NOT_JUDGED: "var(--not-judged)"
  };
  // Dash and symbol tell the lines apart without colour, the pattern tells the bars: four of them, so that no two parts
  // that lie side by side look alike on grey paper.
  var LINES = {
    actual: { type: "solid", width: 2.5, symbol: "circle", symbolSize: 8 },
    planned: { type: [6, 4], width: 1.5, symbol: "none" },
    before: { type: [2, 3], width: 1.5, symbol: "triangle", symbolSize: 7 },
    goal: { type: "solid", width: 1, symbol: "none" }
  };
  var PATTERNS = {
    AHEAD: { dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
    BEHIND: { dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4 },
    NOT_STARTED: { symbol: "circle", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.6 },
    NO_DATA: { dashArrayX: [1, 0], dashArrayY: [1, 6] }
  };

  function number(text) {
    return text === null ? null : Number(text);
  }

  /* Pixels as on a usual screen, larger where the whole page is: on a wall the root's font is. */
  function px(pixels) {
    return pixels * parseFloat(window.getComputedStyle(document.documentElement).fontSize) / 16;
  }

  function text() {
    return { color: "var(--ink)", fontFamily: FONT, fontSize: px(12) };
  }

  function muted() {
    return { color: "var(--muted)", fontFamily: FONT, fontSize: px(12) };
  }

  function tooltip(data, trigger) {
    return {
      trigger: trigger,
      renderMode: "richText", // the HTML one would set inline styles
      confine: true,
      backgroundColor: "var(--paper)",
      borderColor: "var(--rule)",
      borderWidth: 1,
      shadowBlur: 0,
      textStyle: text(),
      axisPointer: { type: "line", lineStyle: { color: "var(--muted)", type: [2, 2] } },
      formatter: function (shown) {
        var points = Array.isArray(shown) ? shown : [shown];
        var heading = points.length ? data.labels[points[0].dataIndex] : "";
        return [heading || data.title].concat(points.map(function (point) {
          return point.seriesName + "  " + data.series[point.seriesIndex].texts[point.dataIndex] + " " + data.unit;
        })).join("\n");
      }
    };
  }

  function common(data) {
    return {
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      animationDuration: 300,
      aria: { enabled: true, label: { description: data.title } },
      legend: { top: 0, left: 0, itemGap: px(18), textStyle: text(), selectedMode: false, itemStyle: { borderWidth: 0 } }
    };
  }

  /* How high the legend is: it wraps, and what is below it has to make room. */
  function legendHeight(data, width) {
    var rows = 1;
    var used = 0;
    data.series.forEach(function (series) {
      var letters = series.name.split("").map(function (letter) { return letter > "\u2000" ? 12 : 7; });
      var wide = px(letters.reduce(function (sum, letter) { return sum + letter; }, 48));
      if (used && used + wide > width) {
        rows += 1;
        used = 0;
      }
      used += wide;
    });
    return rows * px(24);
  }

  function lines(data) {
    var option = common(data);
    option.grid = { left: 8, right: 16, bottom: 4, containLabel: true };
    option.tooltip = tooltip(data, "axis");
    option.xAxis = {
      type: "category", data: data.labels, axisLabel: muted(), boundaryGap: true, axisTick: { show: false },
      axisLine: { lineStyle: { color: "var(--rule)" } }
    };
    option.yAxis = {
      type: "value", axisLabel: muted(), splitNumber: 4, splitLine: { lineStyle: { color: "var(--rule)" } },
      scale: !data.from_zero, boundaryGap: data.from_zero ? [0, 0] : ["10%", "10%"]
    };
    option.legend.data = data.series.map(function (series) {
      return { name: series.name, itemStyle: { opacity: LINES[series.role].symbol === "none" ? 0 : 1 } };
    });
    option.series = data.series.map(function (series) {
      var look = LINES[series.role];
      return {
        name: series.name, type: "line", connectNulls: true, data: series.values.map(number),
        symbol: look.symbol, symbolSize: look.symbolSize && px(look.symbolSize), showAllSymbol: true,
        color: COLOURS[series.role], emphasis: { disabled: true }, z: series.role === "actual" ? 3 : 2,
        lineStyle: { type: look.type, width: look.width, color: COLOURS[series.role] },
        itemStyle: { color: COLOURS[series.role] }
      };
    });
    return option;
  }

  function bars(data) {
    var option = common(data);
    var alone = data.labels.length === 1;
    option.grid = { left: 0, right: px(data.notes.length ? 64 : 8), bottom: 0, containLabel: true };
    option.tooltip = tooltip(data, "item");
    option.legend.icon = "rect";
    option.xAxis = {
      type: "value", minInterval: 1, axisLabel: muted(), position: "top", show: !alone,
      max: alone ? "dataMax" : null, splitLine: { lineStyle: { color: "var(--rule)" } }
    };
    option.yAxis = {
      type: "category", data: data.labels, inverse: true,
      // Long names are cut here; the table has them whole.
      axisLabel: alone ? { show: false } : Object.assign({ width: px(132), overflow: "truncate" }, text()),
      axisTick: { show: false }, axisLine: { show: false }
    };
    option.series = data.series.map(function (series) {
      return {
        name: series.name, type: "bar", stack: "all", barWidth: px(alone ? 22 : 14), color: COLOURS[series.role],
        emphasis: { disabled: true }, data: series.values.map(number),
        itemStyle: {
          color: COLOURS[series.role], borderColor: "var(--paper)", borderWidth: 1,
          decal: PATTERNS[series.role] && Object.assign({ color: "rgba(255, 255, 255, .6)" }, PATTERNS[series.role])
        }
      };
    });
    if (data.notes.length) {
      // An empty last part of each bar carries what is printed at its end.
      option.series.push({
        name: "", type: "bar", stack: "all", silent: true, data: data.labels.map(function () { return 0; }),
        tooltip: { show: false },
        label: Object.assign(
          { show: true, position: "right", formatter: function (bar) { return data.notes[bar.dataIndex]; } }, text()
        )
      });
      option.legend.data = data.series.map(function (series) { return series.name; });
    }
    return option;
  }

  /* The height of a chart without its legend. */
  function height(data) {
    if (data.kind === "lines") { return px(250); }
    return px(data.labels.length === 1 ? 36 : 28 + data.labels.length * ROW);
  }

  function draw(figure) {
    var id = figure.getAttribute("data-chart");
    var data = JSON.parse(document.getElementById(id).textContent);
    var language = document.documentElement.lang.slice(0, 2) === "en" ? "EN" : "ZH";
    var panel = figure.closest("[hidden].charted");
    if (panel) { panel.hidden = false; }
    figure.hidden = false;
    // What stood in for the chart without scripts.
    Array.prototype.forEach.call(document.querySelectorAll('[data-instead="' + id + '"]'), function (instead) {
      instead.setAttribute("hidden", "");
    });
    figure.setAttribute("role", "img");
    var chart = window.echarts.init(figure, null, { renderer: "svg", locale: language, height: height(data) });
    chart.setOption(data.kind === "lines" ? lines(data) : bars(data));

    function lay(width, tall) {
      var legend = legendHeight(data, width);
      chart.setOption({ grid: { top: legend + px(data.kind === "lines" ? 16 : 12) } });
      chart.resize({ width: width, height: tall + legend });
      chart.getZr().flush();
      // Paper is scaled from what was laid out for it, whatever the window's width was.
      figure.querySelector("svg").setAttribute("viewBox", "0 0 " + chart.getWidth() + " " + chart.getHeight());
    }

    function fitWindow() {
      lay(figure.clientWidth, height(data));
    }

    var waiting = null;
    window.addEventListener("resize", function () {
      window.cancelAnimationFrame(waiting);
      waiting = window.requestAnimationFrame(fitWindow);
    });
    window.addEventListener("beforeprint", function () {
      lay(PAPER.width, data.kind === "lines" ? PAPER.lines : height(data));
    });
    window.addEventListener("afterprint", fitWindow);
    fitWindow();
  }

  if (window.echarts) {
    Array.prototype.forEach.call(document.querySelectorAll("figure.chart"), draw);
  }
})();
