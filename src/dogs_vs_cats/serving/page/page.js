"use strict";
const $ = (id) => document.getElementById(id);
const AT_ONCE = 8;

function add(parent, kind, text, name) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  parent.append(made);
  return made;
}

function percent(probability) {
  return probability > 0.999 ? "> 99.9 %" : `${(100 * probability).toFixed(1)} %`;
}

function show(row, file) {
  const item = document.createElement("li");
  const pair = add(item, "div", undefined, "pair");
  if (!row.error) {
    const picture = add(pair, "img");
    picture.src = URL.createObjectURL(file);
    picture.onload = () => URL.revokeObjectURL(picture.src);
    picture.alt = "the picture";
    if (row.heatmap) {
      const seen = add(pair, "img");
      seen.src = row.heatmap;
      seen.alt = `where the model saw ${row.predicted}: a heatmap over the picture`;
    }
    add(item, "h2", `${row.predicted}: ${percent(row.probability)}`);
  } else {
    add(item, "h2", "Not a picture", "bad");
    add(item, "p", row.error);
  }
  add(item, "p", row.file, "file");
  if (row.probabilities) {
    const list = add(item, "dl");
    for (const [name, probability] of Object.entries(row.probabilities)) {
      add(list, "dt", name);
      const bar = add(add(list, "dd", undefined, "share"), "progress");
      bar.value = probability;
      bar.setAttribute("aria-label", `probability of ${name}`);
      add(list, "dd", percent(probability));
    }
  }
  $("answers").prepend(item);
}

function say(text, bad) {
  $("status").textContent = text;
  $("status").className = bad ? "bad" : "";
}

async function ask(files) {
  const chosen = [...files];
  let done = 0;
  for (let start = 0; start < chosen.length; start += AT_ONCE) {
    const some = chosen.slice(start, start + AT_ONCE);
    say(`Looking at ${chosen.length === 1 ? chosen[0].name : `${done} of ${chosen.length}`} …`);
    const form = new FormData();
    for (const file of some) form.append("files", file, file.name);
    try {
      const answer = await fetch("predict?heatmap=true", { method: "POST", body: form });
      const told = await answer.json();
      if (answer.ok) told.pictures.forEach((row, place) => show(row, some[place]));
      else if (answer.status === 422 && typeof told.detail === "string")
        some.forEach((file) => show({ file: file.name, error: told.detail }, file));
      else throw new Error(typeof told.detail === "string" ? told.detail : answer.statusText);
    } catch (error) {
      say(`${error.message || "The server does not answer."}`, true);
      return;
    }
    done += some.length;
  }
  say(`${done} ${done === 1 ? "file" : "files"} answered`);
}

$("files").addEventListener("change", (event) => ask(event.target.files));
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) ask(event.clipboardData.files);
});
for (const kind of ["dragover", "dragenter", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", kind === "dragover" || kind === "dragenter");
    if (kind === "drop") ask(event.dataTransfer.files);
  });
}
fetch("model")
  .then((answer) => answer.json())
  .then((model) => {
    $("about").textContent = model.detail ||
      `${model.name} tells ${model.classes.slice(0, 10).join(", ")}` +
      `${model.classes.length > 10 ? " and others" : ""} apart.`;
  })
  .catch(() => say("The server does not answer.", true));
