/*
 * Pictures of the folder inside Markdown. Their bytes are asked for with the token, which an <img> cannot send, and shown
 * as objects of this page; a vector graphic shown so runs nothing.
 */
import { createContext } from "react";

/** Gives the bytes of a file of the folder. */
export type PictureSource = (id: string, options: { signal: AbortSignal }) => Promise<Blob>;

/** Where pictures come from; null where there are none to be had. */
export const PictureContext = createContext<PictureSource | null>(null);

/** A text with more pictures than this shows the first ones, and the words of the others. */
const MOST = 60;

/** Fills the pictures that `toSafeHtml` left open; what it gives back takes them away again. */
export function showPictures(box: Element, source: PictureSource): () => void {
  const called = new AbortController();
  const addresses: string[] = [];
  const open = [...box.querySelectorAll<HTMLImageElement>("img[data-file]")];
  open.forEach((image, place) => {
    const { file } = image.dataset;
    if (file === undefined || place >= MOST) {
      inWords(image);
      return;
    }
    image.addEventListener("error", () => inWords(image), { once: true });
    source(file, { signal: called.signal }).then(
      (bytes) => {
        if (called.signal.aborted) return;
        const address = URL.createObjectURL(bytes);
        addresses.push(address);
        image.src = address;
      },
      // It is not there, is too large or no picture: its words stand in its place.
      () => (called.signal.aborted ? undefined : inWords(image)),
    );
  });
  return () => {
    called.abort();
    for (const address of addresses) URL.revokeObjectURL(address);
  };
}

/** Puts a picture's words in its place. */
export function inWords(image: Element): void {
  const words = image.ownerDocument.createElement("span");
  words.textContent = image.getAttribute("alt") ?? "";
  image.replaceWith(words);
}
