// Browsers run no modules and no Workers of pages that are opened as files. Where that is so, the page says what to do.
"use strict";

if (location.protocol === "file:") {
  document.getElementById("engine-state").textContent = "";
  const notice = document.getElementById("notice");
  notice.textContent = "This page works from a web server, not as a file: run “go run ./examples/playground”, or put the files on any host.";
  notice.hidden = false;
}
