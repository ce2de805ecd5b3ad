"use strict";

// The page around the steppers: tabs, the place in the address, keys, looks.
//
// The address ends with #step=12, or where there are tabs with #tab=12.2.1&step=12; order=depth stands for depth first.
(() => {
  const sections = [...document.querySelectorAll("section.tab")];
  const links = [...document.querySelectorAll("nav a")];
  let current = null;

  for (const section of sections) {
    section.mount = () => {
      const place = section.querySelector(".place");
      if (!place || section.driver) return;
      const data = JSON.parse(section.querySelector("script[type='application/json']").textContent);
      section.driver = chainrule.stepper(place, data, { operations: chainruleOperations, onstep: () => moved(section) });
    };
  }

  function place() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const section = sections.find((s) => s.dataset.tab === parts.get("tab")) || sections[0];
    return { section, step: parseInt(parts.get("step"), 10), depth: parts.get("order") === "depth" };
  }

  function address(section) {
    const parts = [];
    if (sections.length > 1) parts.push("tab=" + encodeURIComponent(section.dataset.tab));
    if (section.driver) {
      parts.push("step=" + section.driver.step);
      if (section.driver.depthFirst) parts.push("order=depth");
    }
    return "#" + parts.join("&");
  }

  function moved(section) {
    if (section !== current) return;
    describe();
    if (location.hash !== address(section)) history.replaceState(null, "", address(section));
  }

  function describe() {
    const driver = current && current.driver;
    document.body.dataset.step = driver ? driver.step : "";
    document.body.dataset.steps = driver ? driver.steps : "";
  }

  // bring scrolls to the stepper of a part unless it is in sight: unless it begins above a part of the window, and not
  // more than some of it is above the window. Then it scrolls to the node of the step, where that is farther down.
  function bring(section, above, sight) {
    const stepper = section.querySelector(".place");
    const { top, height } = stepper.getBoundingClientRect();
    if (top < -above * height || top > sight * innerHeight) stepper.scrollIntoView({ block: "start" });
    section.driver.reveal();
  }

  function show() {
    const { section, step, depth } = place();
    if (!section) return;
    const another = current !== null && current !== section;
    if (current && current !== section && current.driver) current.driver.stop();
    current = section;
    for (const s of sections) s.hidden = s !== section;
    for (const a of links) {
      if (a.dataset.tab === section.dataset.tab) {
        a.setAttribute("aria-current", "page");
        const nav = a.parentNode;
        nav.scrollLeft = a.offsetLeft - nav.offsetLeft - (nav.clientWidth - a.offsetWidth) / 2; // on a narrow screen
      } else {
        a.removeAttribute("aria-current");
      }
    }
    section.mount();
    if (section.driver) {
      if (depth !== section.driver.depthFirst) section.driver.setOrder(depth);
      section.driver.refit();
      if (Number.isFinite(step)) section.driver.go(step);
    }
    if (section.driver && Number.isFinite(step)) bring(section, 0, 0.3);
    else if (another) scrollTo(0, 0);
    describe();
  }

  addEventListener("hashchange", show);
  document.addEventListener("keydown", (e) => {
    if (!current || !current.driver || !current.driver.key(e)) return;
    e.preventDefault();
    bring(current, 0.8, 0.9);
  });

  const root = document.documentElement;
  const dark = document.querySelector("#dark");
  const large = document.querySelector("#large");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const looks = () => {
    dark.setAttribute("aria-pressed", String(isDark()));
    large.setAttribute("aria-pressed", String(root.classList.contains("projector")));
  };
  dark.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    looks();
  });
  large.addEventListener("click", () => {
    root.classList.toggle("projector");
    looks();
    for (const s of sections) if (s.driver) s.driver.refit();
  });
  looks();
  show();
})();
