// The parts of Tesseract's WebAssembly core that are used here. It is called without its own worker: it already runs in a process that can be ended.

export interface TesseractApi {
  Init(path: null, language: string, engine: number): number;
  SetVariable(name: string, value: string): boolean;
  SetImageFile(exif: number, angle: number): number;
  Recognize(monitor: null): number;
  GetTSVText(page: number): string;
}

export interface TesseractCore {
  readonly FS: { writeFile(path: string, bytes: Uint8Array): void };
  readonly TessBaseAPI: new () => TesseractApi;
}

/** A word as it was read; sure from 0 to 100. */
export interface ReadWord {
  readonly word: string;
  readonly sure: number;
  /** Words of one line have one name. */
  readonly line: string;
}

export interface ReaderEngine {
  /** Reads eight bits of grey for each pixel, dark letters on light ground. Throws when the engine cannot. */
  read(grey: Uint8Array, width: number, height: number): readonly ReadWord[];
}

const LSTM_ONLY = 1;

/** `trained` is the unpacked data of the language. */
export function startEngine(core: TesseractCore, language: string, trained: Uint8Array): ReaderEngine {
  core.FS.writeFile(`./${language}.traineddata`, trained);
  const api = new core.TessBaseAPI();
  if (api.Init(null, language, LSTM_ONLY) === -1) throw new Error('the reader of letters did not start');
  api.SetVariable('user_defined_dpi', '150');
  // Sparse text: letters on a picture stand anywhere and in no columns.
  api.SetVariable('tessedit_pageseg_mode', '11');
  return {
    read(grey, width, height) {
      core.FS.writeFile('/input', Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`, 'latin1'), grey]));
      if (api.SetImageFile(1, 0) === 1) throw new Error('the reader of letters took no picture');
      if (api.Recognize(null) !== 0) throw new Error('the reader of letters gave up');
      return wordsOf(api.GetTSVText(0));
    },
  };
}

/** Columns: level, page, block, paragraph, line, word, left, top, width, height, sure, text. Level 5 is a word. */
function wordsOf(tsv: string): readonly ReadWord[] {
  return tsv
    .split('\n')
    .map((row) => row.split('\t'))
    .filter((cells) => cells[0] === '5' && (cells[11] ?? '').trim() !== '')
    .map((cells) => ({ word: (cells[11] ?? '').trim(), sure: Number(cells[10]), line: cells.slice(1, 5).join('.') }));
}
