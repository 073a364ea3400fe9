/**
 * What becomes of a tier that sleeps when nobody asks. Requests come at random (Poisson) at each hour's rate λ. One that finds
 * the tier asleep wakes it, which takes W; it, and all that come meanwhile, wait. After T without a request it sleeps again.
 *
 * At a steady rate a cycle of sleep, wake and use lasts 1/λ + W + (e^(λT) − 1)/λ on average, since (e^(λT) − 1)/λ is the
 * expected time to the first pause of T, and 1 + λW of its requests wait. Hours are not steady: a tail runs on into the next
 * hour, and a night that begins awake ends asleep. So the same rules are followed slot by slot through the day, or the
 * week, until it repeats; where all hours are alike both give the same.
 */

export interface SleepInput {
  /** Mean requests a second of each hour; it repeats. At least one is above 0. */
  readonly ratesPerS: readonly number[];
  /** W, seconds. */
  readonly wakeS: number;
  /** T, seconds: the idle tail, and how long the last request takes. Above 0, and shorter than the cycle. */
  readonly tailS: number;
}

export interface SleepFigures {
  readonly wakesPerDay: number;
  /** Share of each hour awake or waking. */
  readonly upByHour: readonly number[];
  /** Probability that it is awake or waking when the hour begins. */
  readonly upAtBegin: readonly number[];
  /** Share of each hour waking. */
  readonly wakingByHour: readonly number[];
  /** Share of all requests that wait for a wake. */
  readonly delayedShare: number;
  /** Mean wait of those; seconds. */
  readonly meanDelayS: number;
}

const HOUR_S = 3_600;
/** Of the shorter of W and T. */
const SLOTS = 100;
const MOST_SLOTS_PER_HOUR = 12_000;
const MOST_CYCLES = 60;
const SETTLED = 1e-10;

export function sleepFigures(input: SleepInput): SleepFigures {
  const state = stateOf(input);
  let before = Number.NaN;
  let totals = cycleThrough(state, input);
  for (let cycle = 1; cycle < MOST_CYCLES && !(Math.abs(state.asleep - before) < SETTLED); cycle++) {
    before = state.asleep;
    totals = cycleThrough(state, input);
  }
  const { ratesPerS, wakeS } = input;
  const requests = HOUR_S * ratesPerS.reduce((sum, rate) => sum + rate, 0);
  // A wake that takes no time delays nobody.
  const waiting = wakeS === 0 ? 0 : totals.wakes + totals.cameMeanwhile;
  return {
    wakesPerDay: (24 * totals.wakes) / ratesPerS.length,
    upByHour: totals.asleepS.map((asleep) => 1 - Math.min(1, asleep / HOUR_S)),
    upAtBegin: totals.upAtBegin,
    wakingByHour: totals.wakingS.map((waking) => Math.min(1, waking / HOUR_S)),
    delayedShare: waiting / requests,
    // Whoever wakes it waits for all of it, the others for half on average.
    meanDelayS: waiting === 0 ? 0 : ((totals.wakes + totals.cameMeanwhile / 2) * wakeS) / waiting,
  };
}

/** Probabilities at the begin of a slot, and for each slot of the last cycle who entered which state in it. */
interface State {
  asleep: number;
  waking: number;
  awake: number;
  readonly slotsPerHour: number;
  readonly tailSlots: number;
  readonly wakeSlots: number;
  /** Fell to a wake in this slot. */
  readonly triggered: Float64Array;
  /** Awake, their latest request in this slot. */
  readonly asked: Float64Array;
  /** Awoken in this slot, and without a request since. */
  readonly awoken: Float64Array;
}

function stateOf({ ratesPerS, wakeS, tailS }: SleepInput): State {
  const shortest = wakeS > 0 ? Math.min(wakeS, tailS) : tailS;
  const slotsPerHour = Math.min(MOST_SLOTS_PER_HOUR, Math.ceil((SLOTS * HOUR_S) / shortest));
  const count = slotsPerHour * ratesPerS.length;
  const slots = (seconds: number): number => Math.min(count - 1, Math.round((seconds * slotsPerHour) / HOUR_S));
  return {
    asleep: 1,
    waking: 0,
    awake: 0,
    slotsPerHour,
    tailSlots: Math.max(1, slots(tailS)),
    wakeSlots: slots(wakeS),
    triggered: new Float64Array(count),
    asked: new Float64Array(count),
    awoken: new Float64Array(count),
  };
}

interface Totals {
  wakes: number;
  /** Requests that found it waking. */
  cameMeanwhile: number;
  readonly upAtBegin: number[];
  readonly asleepS: number[];
  readonly wakingS: number[];
}

/** Goes once through all hours, and leaves the state at their end. */
function cycleThrough(state: State, { ratesPerS }: SleepInput): Totals {
  const { slotsPerHour, tailSlots, wakeSlots, triggered, asked, awoken } = state;
  const count = triggered.length;
  const slotS = HOUR_S / slotsPerHour;
  const totals: Totals = {
    wakes: 0,
    cameMeanwhile: 0,
    upAtBegin: ratesPerS.map(() => 0),
    asleepS: ratesPerS.map(() => 0),
    wakingS: ratesPerS.map(() => 0),
  };
  const rateAt = (slot: number): number => ratesPerS[Math.floor(((slot + count) % count) / slotsPerHour)] as number;
  // Requests that are expected in the slots between the one that is left and this one: rolled along, not summed anew.
  let between = 0;
  for (let slot = 1 - tailSlots; slot < 0; slot++) between += rateAt(slot) * slotS;
  for (let slot = 0; slot < count; slot++) {
    const hour = Math.floor(slot / slotsPerHour);
    const rate = ratesPerS[hour] as number;
    const some = -Math.expm1(-rate * slotS);
    if (slot % slotsPerHour === 0) totals.upAtBegin[hour] = 1 - Math.min(1, state.asleep);

    const woken = state.asleep * some;
    totals.asleepS[hour] = (totals.asleepS[hour] as number) + (rate > 0 ? woken / rate : state.asleep * slotS);
    totals.wakes += woken;
    triggered[slot] = woken;
    const up = triggered[(slot - wakeSlots + count) % count] as number;
    state.asleep -= woken;
    state.waking = Math.max(0, state.waking + woken - up);
    state.awake += up;
    totals.wakingS[hour] = (totals.wakingS[hour] as number) + state.waking * slotS;
    totals.cameMeanwhile += state.waking * rate * slotS;

    const left = (slot - tailSlots + count) % count;
    const survived = Math.exp(-between);
    const lastAsked = (asked[left] as number) * survived;
    const neverAsked = (awoken[left] as number) * survived;
    const unasked = lastAsked * beforeNext(rate, slotS);
    asked[slot] = Math.max(0, state.awake - lastAsked - neverAsked) * some + (lastAsked - unasked);
    awoken[slot] = up * (1 - some);
    state.awake = Math.max(0, state.awake - unasked - neverAsked);
    state.asleep += unasked + neverAsked;
    between = Math.max(0, between + rate * slotS - rateAt(left + 1) * slotS);
  }
  return totals;
}

/**
 * Probability that no request comes in this slot before the moment that lies as far into it as the latest request lay in its own.
 * That request's slot is taken to have had this one's rate: only at the turn of an hour it had another.
 */
function beforeNext(rate: number, slotS: number): number {
  return rate <= 0 ? 1 : (rate * slotS) / Math.expm1(rate * slotS);
}
