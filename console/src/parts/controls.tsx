// Buttons, fields and what else is pressed or typed into.
import { useId, useRef, useState, type ButtonHTMLAttributes, type ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'plain' | 'main' | 'danger' | 'quiet';
  readonly icon?: IconName;
}

export function Button({ kind = 'plain', icon, children, className = '', ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button ${className}`} data-kind={kind} {...rest}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: IconName;
  readonly label: string;
}

export const IconButton = ({ icon, label, className = '', ...rest }: IconButtonProps) => (
  <button type="button" className={`icon-button ${className}`} aria-label={label} title={label} {...rest}>
    <Icon name={icon} />
  </button>
);

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly children: (ids: { readonly id: string; readonly 'aria-describedby': string | undefined }) => ReactNode;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const told = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': told === undefined ? undefined : `${id}-hint` })}
      {told !== undefined && (
        <p className="hint" id={`${id}-hint`} data-error={error !== undefined}>
          {told}
        </p>
      )}
    </div>
  );
}

interface SegmentsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, text: string])[];
  readonly onChange: (value: Value) => void;
}

/** A choice of few, all of which are seen: radio buttons that look like one. */
export function Segments<Value extends string>({ label, value, options, onChange }: SegmentsProps<Value>) {
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="sr">{label}</legend>
      {options.map(([one, text]) => (
        <label key={one} data-on={one === value}>
          <input type="radio" name={name} checked={one === value} onChange={() => onChange(one)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** Copies, and says whether it could. */
export function Copy({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setState('done'),
      // Without the right to the clipboard the text can still be marked by hand.
      () => setState('failed'),
    );
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState('idle'), 2_000);
  };
  const said = state === 'done' ? 'Copied' : state === 'failed' ? 'Not allowed: mark it' : label;
  return (
    <Button kind="quiet" icon={state === 'done' ? 'check' : 'copy'} onClick={copy} className="copy">
      <span aria-live="polite">{said}</span>
    </Button>
  );
}

/** A command to run, in full, with a button that copies it. */
export function Command({
  text,
  label = 'Copy the command',
  hidden,
}: {
  readonly text: string;
  readonly label?: string;
  readonly hidden?: string;
}) {
  return (
    <div className="command">
      {/* A region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} aria-label="Command">
        {hidden === undefined ? text : text.replaceAll(hidden, `${hidden.slice(0, 8)}…`)}
      </pre>
      <Copy text={text} label={label} />
    </div>
  );
}
