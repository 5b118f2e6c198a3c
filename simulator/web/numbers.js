/* How telephone numbers are written and read. */

/* People write spaces, hyphens, dots and brackets between the digits. */
const BETWEEN = /[\s\-–.()/]/g;
const COUNTRY = "+46";

/* A Swedish mobile number as people there read it; any other as it is. */
export const spaced = (number) => number.replace(/^\+46(7\d)(\d{3})(\d{2})(\d{2})$/, "+46 $1 $2 $3 $4");

export const isNumber = (address) => /^\+\d/.test(address);

/* What was written, with its country: 0701740606 and 0046701740606 are +46701740606. Undefined where it is no number. */
export function readNumber(written) {
  const bare = written.replace(BETWEEN, "");
  const number = bare.replace(/^00/, "+").replace(/^0/, COUNTRY);
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined;
}
