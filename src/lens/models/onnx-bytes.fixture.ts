// The bytes of networks in the ONNX format (onnx.proto3), put together by hand: no exporter, no download.

export type Bytes = Uint8Array;

export const joined = (parts: readonly Bytes[]): Bytes => Buffer.concat(parts);

function varint(value: number): Bytes {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    out.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(out);
}

/** A field of Protocol Buffers: a number, or something with a length. */
export const field = (number: number, value: number | string | Bytes): Bytes => {
  if (typeof value === 'number') return joined([varint(number << 3), varint(value)]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return joined([varint((number << 3) | 2), varint(bytes.length), bytes]);
};

export const FLOAT = 1;
export const INT64 = 7;

export const floats = (values: readonly number[]): Bytes => new Uint8Array(Float32Array.from(values).buffer);

/** TensorProto: sizes 1, type 2, name 8, data 9. */
export const tensor = (name: string, type: number, sizes: readonly number[], data: Bytes): Bytes =>
  joined([...sizes.map((size) => field(1, size)), field(2, type), field(8, name), field(9, data)]);

/** NodeProto: inputs 1, outputs 2, operator 4, attributes 5. */
export const node = (operator: string, inputs: readonly string[], output: string, attributes: readonly Bytes[] = []): Bytes =>
  joined([...inputs.map((input) => field(1, input)), field(2, output), field(4, operator), ...attributes.map((one) => field(5, one))]);

/** ValueInfoProto: name 1, type 2; a size is a number or a name. */
export function value(name: string, type: number, sizes: readonly (number | string)[]): Bytes {
  const shape = joined(sizes.map((size) => field(1, typeof size === 'number' ? field(1, size) : field(2, size))));
  return joined([field(1, name), field(2, field(1, joined([field(1, type), field(2, shape)])))]);
}

/** AttributeProto: name 1, whole number 3, list of them 8, type 20. */
export const wholeNumber = (name: string, number: number): Bytes => joined([field(1, name), field(3, number), field(20, 2)]);
export const wholeNumbers = (name: string, numbers: readonly number[]): Bytes =>
  joined([field(1, name), ...numbers.map((number) => field(8, number)), field(20, 7)]);

/** ModelProto: format 8, producer, graph, version of the operators. */
export const modelBytes = (graph: Bytes, operators = 13): Bytes =>
  joined([field(1, 8), field(2, 'test'), field(7, graph), field(8, field(2, operators))]);
