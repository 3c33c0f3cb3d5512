// The hazards that are told apart (MLCommons AILuminate v1.0, and harassment). Apart from the model, so that a schema can name them
// without loading its words.
export const HAZARDS = [
  'violent_crimes', 'non_violent_crimes', 'sex_crimes', 'child_exploitation', 'defamation', 'specialised_advice', 'privacy', 'intellectual_property',
  'weapons', 'hate', 'self_harm', 'sexual_content', 'elections', 'harassment',
] as const; // prettier-ignore

export type Hazard = (typeof HAZARDS)[number];
