// Fields for limits. An empty one falls to the next level: the key's tier, then the configuration.
import type { Limits } from '../api/types.ts';
import { Field } from '../parts/controls.tsx';

interface LimitFieldsProps {
  readonly limits: Limits;
  readonly onChange: (limits: Limits) => void;
}

const MICRO = 1_000_000;

export function LimitFields({ limits, onChange }: LimitFieldsProps) {
  const { perMinute, concurrent, microUnits, tokens } = limits;
  return (
    <fieldset className="limit-fields">
      <legend>Limits</legend>
      <NumberField label="Requests a minute" value={perMinute} onChange={(value) => onChange(set(limits, 'perMinute', value))} />
      <NumberField label="At one time" value={concurrent} onChange={(value) => onChange(set(limits, 'concurrent', value))} />
      <NumberField
        label="US$ a day"
        step="any"
        value={toUnits(microUnits?.day)}
        onChange={(value) => onChange(period(limits, 'microUnits', { day: toMicro(value) }))}
      />
      <NumberField
        label="US$ a month"
        step="any"
        value={toUnits(microUnits?.month)}
        onChange={(value) => onChange(period(limits, 'microUnits', { month: toMicro(value) }))}
      />
      <NumberField label="Tokens a day" value={tokens?.day} onChange={(value) => onChange(period(limits, 'tokens', { day: value }))} />
      <NumberField
        label="Tokens a month"
        value={tokens?.month}
        onChange={(value) => onChange(period(limits, 'tokens', { month: value }))}
      />
    </fieldset>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly step?: string;
  readonly onChange: (value: number | undefined) => void;
}

const NumberField = ({ label, value, step = '1', onChange }: NumberFieldProps) => (
  <Field label={label}>
    {(ids) => (
      <input
        {...ids}
        className="input num"
        type="number"
        inputMode="decimal"
        min="0"
        step={step}
        placeholder="as configured"
        value={value ?? ''}
        onChange={({ target }) => onChange(target.value === '' ? undefined : target.valueAsNumber)}
      />
    )}
  </Field>
);

const toUnits = (micro: number | undefined): number | undefined => (micro === undefined ? undefined : micro / MICRO);
const toMicro = (units: number | undefined): number | undefined => (units === undefined ? undefined : Math.round(units * MICRO));

function set(limits: Limits, name: 'perMinute' | 'concurrent', value: number | undefined): Limits {
  const { [name]: _before, ...rest } = limits;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** Members of a period that are undefined go, and a period without members with them. */
function period(limits: Limits, name: 'microUnits' | 'tokens', change: Readonly<Record<string, number | undefined>>): Limits {
  const { [name]: before, ...rest } = limits;
  const members = Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined);
  return members.length === 0 ? rest : { ...rest, [name]: Object.fromEntries(members) };
}
