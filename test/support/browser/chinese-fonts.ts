import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const exec = promisify(execFile);
const LIST_MS_MAX = 10_000;

/** Good Chinese in 1.6 MB, where Noto takes 57 MB. */
export const CHINESE_FONTS_PACKAGE = "fonts-wqy-microhei";
const KNOWN_FILES = [
  "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
  "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
] as const;

/** Whether a browser here can draw Chinese; without such a font it draws boxes. */
export async function hasChineseFonts(): Promise<boolean> {
  try {
    const list = ["--format", "%{file}\n", ":lang=zh"];
    const { stdout } = await exec("fc-list", list, { timeout: LIST_MS_MAX });
    return stdout.trim() !== "";
  } catch {
    // There is no fc-list: it belongs to no browser.
    return KNOWN_FILES.some((file) => existsSync(file));
  }
}
