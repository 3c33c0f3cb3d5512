// A picture of a turn: chosen, pasted, shown, taken out again.
import { useId } from 'react';
import type { Picture } from '../api/explain.ts';
import { IconButton } from '../parts/controls.tsx';
import { Inert } from '../parts/text.tsx';

interface PictureFieldProps {
  readonly picture: Picture | undefined;
  readonly at: number;
  readonly onFile: (file: File | undefined) => void;
  readonly onRemove: () => void;
}

export function PictureField({ picture, at, onFile, onRemove }: PictureFieldProps) {
  const id = useId();
  if (picture !== undefined)
    return (
      <div className="spread picture">
        <img src={picture.url} alt={`Picture of turn ${at + 1}`} />
        <Inert text={picture.name} />
        <IconButton icon="close" label={`Remove the picture of turn ${at + 1}`} onClick={onRemove} />
      </div>
    );
  return (
    <p className="picture soft">
      <label htmlFor={id}>Picture of turn {at + 1}, or paste one: </label>
      <input id={id} type="file" accept="image/*" onChange={({ target }) => onFile(target.files?.[0])} />
    </p>
  );
}

/** Any file: whether it is a picture is for the guard to say. Rejects for a file that cannot be read. */
export function readPicture(file: File): Promise<Picture> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve({ name: file.name, url: String(reader.result) }));
    reader.addEventListener('error', () => reject(reader.error ?? new Error('the file could not be read')));
    reader.readAsDataURL(file);
  });
}
