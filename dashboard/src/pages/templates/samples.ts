const SAMPLES: readonly { use: (name: string) => string; sample: unknown }[] = [
  { use: (name) => `\\b${name}\\s*\\|\\s*(money|number|percent|abs|int|round)\\b`, sample: 1250.5 },
  { use: (name) => `\\b${name}\\s*\\|\\s*(date|datetime|time)\\b`, sample: '2026-01-31T09:30:00Z' },
  { use: (name) => `\\b${name}\\s*\\|\\s*url\\b`, sample: 'https://example.com' },
  { use: (name) => `\\bin\\s+${name}\\b|\\b${name}\\s*\\|\\s*(list|join|sort)\\b`, sample: ['one', 'two'] },
];

/** A value for each variable that fits what is done with it; where nothing is, its name. */
export function samplesOf(names: readonly string[], texts: string): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [name, SAMPLES.find(({ use }) => new RegExp(use(name)).test(texts))?.sample ?? name]),
  );
}

/** The object that a text holds as JSON, null where it holds none. */
export function variablesOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
