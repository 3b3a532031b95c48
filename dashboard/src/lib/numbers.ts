const whole = new Intl.NumberFormat('en-GB');
const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });
const oneDecimal = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });

export function count(value: number): string {
  return whole.format(value);
}

/** A count short enough for an axis: "12.5K". */
export function shortCount(value: number): string {
  return compact.format(value);
}

export function percent(value: number): string {
  return `${oneDecimal.format(value)} %`;
}

/** "1 dead letter", "2 dead letters". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
