/** How many bytes a text has in UTF-8 (RFC 3629), without encoding it: rows are bounded by bytes. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    const isHalf = unit >= 0xd800 && unit <= 0xdfff;
    // The two halves of a pair have four bytes together.
    bytes += unit < 0x800 || isHalf ? 1 : 2;
  }
  return bytes;
}
