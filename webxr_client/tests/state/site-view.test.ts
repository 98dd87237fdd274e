import { describe, expect, it } from "vitest";
import { type LinkedView, linkTo, problemText, readView } from "../../src/state/site-view.js";

const read = (query: string) => readView(new URLSearchParams(query));

describe("the query string of a site", () => {
  it("states camera, colours, moment and playback", () => {
    const view = read(
      "azimuth=-30&elevation=12.5&distance=1.8&target=0,0.1,-.2&zoom=2&colour=prediction" +
        "&colours=ff8800,,%2300AAff&time=3.5&progress=0.25&autoplay&loop=yes&speed=0.5" +
        "&theme=light&panels=none&utm_source=mail",
    );
    expect(view).toEqual({
      camera: { azimuth: -30, elevation: 12.5, distance: 1.8, target: [0, 0.1, -0.2], zoom: 2 },
      colourBy: "prediction",
      colours: ["#ff8800", "", "#00aaff"],
      time: 3.5,
      progress: 0.25,
      autoplay: true,
      loop: true,
      speed: 0.5,
      theme: "light",
      panels: "none",
      problems: [],
    });
  });
  it("may be empty", () => {
    const view = read("");
    expect(view.problems).toEqual([]);
    expect([view.autoplay, view.loop, view.panels]).toEqual([false, false, "auto"]);
    expect(Object.values(view.camera).every((value) => value === undefined)).toBe(true);
    expect(problemText(view.problems)).toBe("");
  });
  it("reports each value that cannot be used, and leaves it out", () => {
    const bad = {
      azimuth: "north",
      elevation: "91",
      distance: "0",
      target: "1",
      zoom: "1e9",
      colour: "force",
      colours: "red",
      time: "-1",
      progress: "50%",
      autoplay: "later",
      speed: "3",
      theme: "blue",
      panels: "some",
    };
    const view = read(new URLSearchParams(bad).toString());
    expect(view.problems.map((problem) => problem.split("=")[0]).sort()).toEqual(
      Object.keys(bad).sort(),
    );
    expect(view.problems).toContain("speed=3 (use 0.5, 1, 2, 4 or 8)");
    expect(problemText(view.problems)).toContain("azimuth=north (use a number from -360 to 360)");
    expect([view.autoplay, view.speed, view.colourBy, view.panels]).toEqual([
      false,
      undefined,
      undefined,
      "auto",
    ]);
    expect(Object.values(view.camera).every((value) => value === undefined)).toBe(true);
  });
});

describe("a link to a view", () => {
  const seen: LinkedView = {
    column: "",
    search: "",
    camera: { azimuth: -30.04, elevation: 10, distance: 1.23456, target: [0, -0.0001, 0.5] },
    colourBy: "confidence",
    time: 4.2,
    speed: 2,
    theme: "dark",
  };
  it("is read back as the same view", () => {
    const view = read(linkTo(seen, new URLSearchParams("colours=ff0000&time=9&progress=1&test")));
    expect(view.problems).toEqual([]);
    expect(view.camera).toEqual({
      azimuth: -30,
      elevation: 10,
      distance: 1.235,
      target: [0, 0, 0.5],
      zoom: undefined,
    });
    expect([view.colourBy, view.time, view.progress]).toEqual(["confidence", 4.2, undefined]);
    expect([view.colours, view.speed, view.theme]).toEqual([["#ff0000"], 2, "dark"]);
  });
  it("has the search, the column and the colours of a page with a server", () => {
    const served = { ...seen, search: "label:3 a&b", column: "site", colourBy: "density" as const };
    const query = new URLSearchParams(linkTo(served, new URLSearchParams("search=old")));
    expect(readView(query, true)).toMatchObject({
      search: "label:3 a&b",
      column: "site",
      colourBy: "density",
      problems: [],
    });
    expect(readView(query)).not.toHaveProperty("column");
    expect(readView(query).problems).toHaveLength(1);
  });
  it("has no moment at the end of the training, and no value that is the default", () => {
    const query = linkTo(
      { ...seen, camera: { zoom: 1.5 }, colourBy: "label", time: null, speed: 1 },
      new URLSearchParams("time=3&autoplay=1"),
    );
    expect(query).toBe("zoom=1.5&theme=dark");
  });
});
