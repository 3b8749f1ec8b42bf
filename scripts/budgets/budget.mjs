/** A budget that holds where nothing offends. */
export const none = (name, offenders) => ({
  name,
  value: offenders.length,
  limit: 'none',
  ok: offenders.length === 0,
  offenders,
});

/** A budget with an upper limit. */
export const atMost = (name, value, limit, unit) => ({
  name,
  value: `${Math.round(value * 10) / 10}${unit}`,
  limit: `≤ ${limit}${unit}`,
  ok: value <= limit,
  offenders: [],
});
