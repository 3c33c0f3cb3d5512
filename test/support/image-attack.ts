// Attacks on the real network that judges pictures, with its real gradient: noise too weak to see (PGD, Madry et al. 2018,
// arXiv:1706.06083), and a patch (Brown et al. 2017, arXiv:1712.09665).
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { SQUARE, type Square } from '../../src/lens/images/classifier.ts';
import { loadNetwork, type NetworkParts } from '../../src/lens/images/network.ts';

const require = createRequire(import.meta.url);

export async function network(): Promise<layers.LayersModel> {
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await tf.setBackend('wasm');
  giveGradients();
  const folder = join(require.resolve('nsfwjs'), '../../models/mobilenet_v2');
  const model = require(join(folder, 'model.min.js')) as NetworkParts['model'];
  return loadNetwork({ core: tf, layers, model, weights: require(join(folder, 'group1-shard1of1.min.js')) as string });
}

/**
 * The backend has no kernels for the gradients of filters, which no attack needs, nor for that of a depthwise convolution: it is one with
 * the filter turned about, over the spread-out answer.
 */
function giveGradients(): void {
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ attrs }) => tf.zeros((attrs as unknown as { filterShape: number[] }).filterShape),
  });
  tf.unregisterGradient('DepthwiseConv2dNative');
  tf.registerGradient({
    kernelName: 'DepthwiseConv2dNative',
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attributes) => {
      const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const { strides, pad } = attributes as unknown as { strides: number | [number, number]; pad: 'same' | 'valid' | number };
      const stride = Array.isArray(strides) ? strides[0] : strides;
      return { x: () => depthwiseBackward(dy as tf.Tensor4D, x, { filter, stride, pad }), filter: () => tf.zerosLike(filter) };
    },
  });
}

interface Depthwise {
  readonly filter: tf.Tensor4D;
  readonly stride: number;
  readonly pad: 'same' | 'valid' | number;
}

function depthwiseBackward(dy: tf.Tensor4D, x: tf.Tensor4D, { filter, stride, pad }: Depthwise): tf.Tensor4D {
  const [, height, width, channels] = x.shape;
  const size = filter.shape[0];
  const [, outHeight, outWidth] = dy.shape;
  let spread: tf.Tensor4D = dy;
  if (stride > 1) {
    const wide = tf.reshape(dy, [outHeight, 1, outWidth, 1, channels]);
    const padded = tf.pad(wide, [[0, 0], [0, stride - 1], [0, 0], [0, stride - 1], [0, 0]]); // prettier-ignore
    spread = tf.reshape(padded, [1, outHeight * stride, outWidth * stride, channels]);
  }
  const before = pad === 'same' ? Math.floor(Math.max((outHeight - 1) * stride + size - height, 0) / 2) : 0;
  const lead = size - 1 - before;
  const [tall, broad] = [spread.shape[1], spread.shape[2]];
  const [needTall, needBroad] = [height + size - 1, width + size - 1];
  const cropped = tf.slice(spread, [0, 0, 0, 0], [1, Math.min(tall, needTall - lead), Math.min(broad, needBroad - lead), channels]);
  const framed = tf.pad(cropped, [
    [0, 0],
    [lead, needTall - lead - cropped.shape[1]],
    [lead, needBroad - lead - cropped.shape[2]],
    [0, 0],
  ]);
  return tf.depthwiseConv2d(framed, tf.reverse(filter, [0, 1]), 1, 'valid');
}

export interface Attack {
  /** Index of the look that the attack wants to be seen. */
  readonly target: number;
  readonly steps: number;
  readonly stepSize: number;
  /** How far each value may move; 1 where the mask allows everything. */
  readonly reach: number;
  /** 1 where the attack may write, one value a pixel and colour. */
  readonly mask?: Float32Array;
}

export function attacked(model: layers.LayersModel, square: Square, { target, steps, stepSize, reach, mask }: Attack): Square {
  const result = tf.tidy(() => {
    const base = tf.tensor4d(square, [1, SQUARE, SQUARE, 3]);
    const allowed = mask === undefined ? tf.onesLike(base) : tf.tensor4d(mask, [1, SQUARE, SQUARE, 3]);
    const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.log(tf.add(tf.slice(model.apply(x) as tf.Tensor2D, [0, target], [1, 1]), 1e-9)));
    let now: tf.Tensor = base;
    for (let step = 0; step < steps; step++) {
      const current: tf.Tensor = now;
      now = tf.tidy(() => {
        const slope = tf.grad(loss)(current);
        const moved = tf.add(current, tf.mul(tf.mul(tf.sign(slope), allowed), stepSize));
        const within = tf.add(base, tf.clipByValue(tf.sub(moved, base), -reach, reach));
        return tf.clipByValue(within, 0, 1);
      });
      if (current !== base) current.dispose();
    }
    return now;
  });
  const values = Float32Array.from(result.dataSync());
  result.dispose();
  // As a file of eight bits keeps it.
  return values.map((value) => Math.round(value * 255) / 255);
}
