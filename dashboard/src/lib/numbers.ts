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

/** A size of a file: "812 bytes", "47.1 KB", "9.8 MB". */
export function fileSize(bytes: number): string {
  if (bytes < 1024) return counted(bytes, 'byte');
  const kilobytes = bytes / 1024;
  return kilobytes < 1024
    ? `${oneDecimal.format(kilobytes)} KB`
    : `${oneDecimal.format(kilobytes / 1024)} MB`;
}
