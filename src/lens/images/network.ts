// The network of NSFWJS on the WebAssembly backend, with weights from memory. The packages are optional and handed in by whoever loads them.
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import { LOOKS, SQUARE, type Classifier } from './classifier.ts';

export interface NetworkParts {
  readonly core: typeof Core;
  readonly layers: typeof Layers;
  /** The file of the model as the package ships it, and its weights in base64. */
  readonly model: { readonly modelTopology: object; readonly weightsManifest: Core.io.WeightsManifestConfig };
  readonly weights: string;
}

/** Rejects when the model is not one of five looks on a square. */
export async function loadNetwork({ core, layers, model, weights }: NetworkParts): Promise<Layers.LayersModel> {
  const bytes = Buffer.from(weights, 'base64');
  const loaded = await layers.loadLayersModel(
    core.io.fromMemory({
      modelTopology: model.modelTopology,
      weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
      weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    }),
  );
  if (loaded.outputs[0]?.shape[1] !== LOOKS.length) throw new Error('the network that judges pictures has other classes');
  return loaded;
}

export function classifierOf(core: typeof Core, network: Layers.LayersModel): Classifier {
  return {
    async classify(squares) {
      const answers: Float32Array[] = [];
      // One by one: several at once are slower on this backend, and need their memory together.
      for (const square of squares) {
        const answer = core.tidy(() => network.predict(core.tensor4d(square, [1, SQUARE, SQUARE, 3])));
        if (Array.isArray(answer)) throw new Error('the network that judges pictures gives several answers');
        answers.push(Float32Array.from(await answer.data()));
        answer.dispose();
      }
      return answers;
    },
  };
}
