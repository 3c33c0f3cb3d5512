// A dialog of the browser itself: it traps the focus, answers Escape, and gives the focus back.
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { IconButton } from './controls.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly kind?: 'box' | 'drawer' | 'palette';
}

/** Open as long as it is there. */
export function Dialog({ title, onClose, children, kind = 'box' }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      // The browser would begin with the button that closes it.
      dialog.querySelector<HTMLElement>('[data-first]')?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    // Escape closes it by itself.
    <dialog
      ref={ref}
      className="dialog"
      data-kind={kind}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-body">
        <header className={kind === 'palette' ? 'sr' : 'dialog-head'}>
          <h2 id={id}>{title}</h2>
          {kind !== 'palette' && <IconButton icon="close" label="Close" onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}
