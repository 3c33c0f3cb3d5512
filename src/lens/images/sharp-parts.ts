// The parts of sharp that are used here, by their types alone: the package is optional and loads with the first picture.
export type { Sharp, SharpConstructor } from 'sharp';
