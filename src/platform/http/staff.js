// What the staff pages do better with a script. Every page works without it.

// A scanner types like a keyboard, only faster: eight or more characters less than 50 ms apart, then Enter. Wherever the focus is not in a
// field, such a burst goes into the page's scan box and is sent.
const box = document.querySelector("input[data-scan]");
if (box) {
  let burst = "";
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input,textarea,select")) return;
    const quick = event.timeStamp - last < 50;
    last = event.timeStamp;
    if (event.key === "Enter") {
      if (quick && burst.length >= 8) {
        event.preventDefault();
        box.value = burst;
        box.form.requestSubmit();
      }
      burst = "";
    } else if (event.key.length === 1) {
      burst = (quick ? burst : "") + event.key;
    }
  });
}

// An open part of the menu closes with Escape, and when one goes elsewhere.
const parts = [...document.querySelectorAll("header.top nav details")];
const close = (but) => parts.forEach((part) => part.contains(but) || (part.open = false));
document.addEventListener("click", (event) => close(event.target));
document.addEventListener("focusin", (event) => close(event.target));
document.addEventListener("keydown", (event) => {
  const open = parts.find((part) => part.open);
  if (event.key !== "Escape" || !open) return;
  open.querySelector("summary").focus();
  close(null);
});

// Photos are made at most 2048 pixels wide or high before they travel, and shown as they will be sent.
const SIDE = 2048;
async function shrink(file) {
  if (!file.type.startsWith("image/")) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    if (scale === 1 && file.size < 1500000 && /jpeg|png/.test(file.type)) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // The server says what is wrong with it.
  }
}
for (const input of document.querySelectorAll("input[type=file][data-shrink]")) {
  const strip = document.getElementById(input.dataset.shrink);
  input.addEventListener("change", async () => {
    const button = input.form.querySelector("button:not([type=button])");
    button.disabled = true;
    const kept = new DataTransfer();
    for (const file of input.files) kept.items.add(await shrink(file));
    input.files = kept.files;
    button.disabled = false;
    for (const old of [...strip.children]) if (old.dataset.of === input.id) old.remove();
    for (const file of kept.files) {
      const shown = document.createElement("img");
      shown.alt = "";
      shown.dataset.of = input.id;
      shown.src = URL.createObjectURL(file);
      strip.append(shown);
    }
  });
}

// A long list of choices can be searched: groups without a match go, groups with one open.
for (const search of document.querySelectorAll("input[data-filter]")) {
  const list = document.getElementById(search.dataset.filter);
  const opened = [...list.querySelectorAll("details")].map((group) => group.open);
  search.closest("[hidden]").hidden = false;
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = list.querySelector("label:not([hidden]) input");
    if (first && search.value.trim()) first.click();
  });
  search.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    list.querySelectorAll("details").forEach((group, place) => {
      let any = false;
      for (const choice of group.querySelectorAll("label")) {
        choice.hidden = !choice.dataset.words.includes(words);
        any ||= !choice.hidden;
      }
      group.hidden = !any;
      group.open = words ? any : opened[place];
    });
  });
}

// A page that waits for long work (its head says so to browsers without scripts) is read again every two seconds, and replaced only where it says
// something else: nobody loses their place.
const waits = (page) => page.querySelector("head noscript");
async function lookAgain() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.redirected) return location.reload();
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const [now, then] = [page, document].map((one) => one && one.querySelector("main"));
  if (now && now.textContent !== then.textContent) then.replaceWith(now);
  if (!page || waits(page)) setTimeout(lookAgain, 2000);
}
if (waits(document)) setTimeout(lookAgain, 2000);

// The menu is one row that scrolls on a small screen: where we are is brought into sight.
document.querySelector("header.top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A choice that only changes what the page shows needs no second press.
for (const select of document.querySelectorAll("select[data-go]")) select.addEventListener("change", () => select.form.requestSubmit());

// Codes nobody knows by heart are offered as one types: data-offer is the list to ask, each item having a code and something to know it by.
for (const input of document.querySelectorAll("input[data-offer]")) {
  const list = document.createElement("datalist");
  list.id = `${input.id || input.name}-offer`;
  input.setAttribute("list", list.id);
  input.after(list);
  let asked;
  const offer = async () => {
    const q = input.value.trim();
    if (q === asked || [...list.children].some((option) => option.value === q)) return;
    asked = q;
    const answer = await fetch(`${input.dataset.offer}${encodeURIComponent(q)}`, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || asked !== q) return;
    const lang = document.documentElement.lang === "en" ? "en" : "zh";
    const text = (both) => (both && (both[lang] || both.zh || both.en)) || "";
    // A lot's name says whose it is where several suppliers use its code.
    const called = (item) => (typeof item.name === "string" ? item.name : item.code);
    const about = (item) => {
      const own = [text(item.style_name), text(item.name), text(item.material), text(item.colour), item.size, item.dye_lot, item.city];
      return own.filter(Boolean).join(", ");
    };
    list.replaceChildren(
      ...(await answer.json()).items.filter((item, at, all) => all.findIndex((one) => called(one) === called(item)) === at).map((item) => {
        const option = document.createElement("option");
        option.value = called(item);
        option.label = about(item);
        return option;
      }),
    );
  };
  let wait;
  input.addEventListener("focus", offer);
  input.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(offer, 150);
  });
}
