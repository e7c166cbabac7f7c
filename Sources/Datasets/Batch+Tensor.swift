import Checkpoints
import HDF5
import Metrics
import Synchronization
import Torch

/// The examples of one step as tensors, in the data's own element types.
public struct Batch {
  /// Which examples of the split these are.
  public let indices: [Int]
  // A sequence cannot throw: what went wrong, in a file or on the device, is thrown when the tensors are asked for.
  let tensors: Result<Tensors, any Error>

  struct Tensors {
    let inputs: [(name: String, tensor: Tensor)]
    let labels: Tensor
    let hostLabels: Tensor
  }

  init(indices: [Int], tensors: Result<Tensors, any Error>) {
    (self.indices, self.tensors) = (indices, tensors)
  }

  init(_ host: HostBatch, of batches: Batches) {
    let count = host.indices.count
    indices = host.indices
    tensors = Result {
      let inputs = try zip(batches.split.inputs, host.inputs.get()).map { input, bytes in
        let tensor = try bytes.withUnsafeBytes {
          try Tensor(
            bytes: $0, shape: [count] + input.shape, type: DType(named: input.elementType.rawValue),
            device: batches.device.device)
        }
        return (input.name, tensor)
      }
      let labels = try host.labels.get().tensor(of: batches.split, count: count)
      return Tensors(
        inputs: inputs, labels: try labels.uploaded(to: batches.device.device), hostLabels: labels)
    }
  }

  /// The inputs, `[batch, …]`: bytes of an image stay bytes until they are on the device.
  ///
  /// - Throws: ``DatasetError`` where an image cannot be read, `TorchError` where the batch does not fit on the device.
  public var inputs: [(name: String, tensor: Tensor)] { get throws { try tensors.get().inputs } }

  /// What is right: the classes, `[batch]`, int64; of other labels `[batch, …]`, int64 or float32.
  ///
  /// - Throws: ``DatasetError`` where an image cannot be read, `TorchError` where the batch does not fit on the device.
  public var labels: Tensor { get throws { try tensors.get().labels } }

  /// The labels in the host's memory, which can be read without waiting for a device.
  public var hostLabels: Tensor { get throws { try tensors.get().hostLabels } }
}

extension HostLabels {
  fileprivate func tensor(of split: Split, count: Int) throws -> Tensor {
    switch self {
    case .classes(let classes): return try Tensor(classes)
    case .array(let bytes):
      guard let targets = split.targets else { return try Tensor([Int64]()) }
      let stored = try bytes.withUnsafeBytes {
        try Tensor(bytes: $0, shape: [count] + targets.shape, type: DType(named: targets.elementType.rawValue))
      }
      let labels = try stored.to(targets.elementType.isFloatingPoint ? .float32 : .int64)
      return switch split.targetPlacement {
      case nil: labels
      case .classes(let numbers): try labels.renumbered(numbers)
      case .columns(let places, let count): try labels.placed(in: places, of: count)
      }
    }
  }
}

/// Where batches go: a name of its own, so that the loader itself knows nothing of tensors.
struct BatchDevice: Sendable {
  let device: Device

  /// Whether tensors are made where batches are gathered: what goes up to a device is copied on the way.
  var takesBatchesEarly: Bool { device.isCUDA }
}

extension Batches {
  /// Prepares the batches of a split.
  ///
  /// - Parameters:
  ///   - batchSize: examples in a batch; the last has what remains.
  ///   - order: the examples to take, in this order; all, as they are stored, when left out.
  ///   - dropsLast: whether to leave out a last batch that is not full.
  ///   - augmentation: random changes of the images, made on the thread that gathers them; none when left out.
  ///   - device: where the tensors are made.
  /// - Throws: `TorchError` when libtorch is missing or the device does not work;
  ///   ``DatasetError/cannotAugment(input:expected:found:)`` when inputs to be augmented are no images.
  public init(
    split: Split, batchSize: Int, order: [Int]? = nil, dropsLast: Bool = false, augmentation: Augmentation? = nil,
    device: Device = .cpu
  ) throws {
    try augmentation?.transform.check(split)
    _ = try Tensor([0 as Int64], device: device)
    self.init(
      checked: split, batchSize: batchSize, order: order, dropsLast: dropsLast, augmentation: augmentation,
      device: BatchDevice(device: device))
  }

  /// Prepares the batches of a split in random order.
  public init(
    split: Split, batchSize: Int, shuffledBy random: inout RandomSource, dropsLast: Bool = false,
    augmentation: Augmentation? = nil, device: Device = .cpu
  ) throws {
    try self.init(
      split: split, batchSize: batchSize, order: random.permutation(count: split.count), dropsLast: dropsLast,
      augmentation: augmentation, device: device)
  }
}

extension Tensor {
  /// Classes under other numbers: `numbers[label]`; what is none of them stays as it is.
  fileprivate func renumbered(_ numbers: [Int]) throws -> Tensor {
    var result = self
    for (label, number) in numbers.enumerated() where label != number {
      result = try result.filled(where: equals(label), with: Double(number))
    }
    return result
  }

  /// The columns `[batch, labels]` at their places among so many; the others are −100.
  fileprivate func placed(in places: [Int], of count: Int) throws -> Tensor {
    let unknown = try Tensor.zeros([shape[0], 1], type: type ?? .float32, device: device)
    try unknown.fill(Double(Dataset.ignoredLabel))
    var sources = [Int64](repeating: Int64(places.count), count: count)
    for (column, place) in places.enumerated() { sources[place] = Int64(column) }
    return try Tensor.concatenated([self, unknown], along: 1).selecting(Tensor(sources, device: device), along: 1)
  }

  /// Inputs as a network takes them: `(x / scale − mean) / deviation` by channel, float32, on the tensor's own device.
  ///
  /// Integers other than bytes are numbers of things, such as words: they stay as they are.
  ///
  /// - Parameters:
  ///   - preprocessing: one mean and deviation for each channel (the second axis), or one for all.
  ///   - fit: how images are brought to the model's shape first.
  public func preprocessed(by preprocessing: Preprocessing, fit: ImageFit? = nil) throws -> Tensor {
    guard let type, type.isFloatingPoint || type == .uint8 else { return self }
    if let fit {
      var rest = preprocessing
      rest.fitsImages = false
      return try fit.applied(to: self).preprocessed(by: rest)
    }
    let channelCount = preprocessing.mean.count
    let rank = shape.count
    if channelCount != 1, rank < 2 || shape[1] != channelCount {
      throw DatasetError.shapeMismatch(
        file: "batch", array: "input", expected: "\(channelCount) channels, as in the preprocessing",
        found: "shape \(shape)")
    }
    var result = try to(.float32)
    if preprocessing.scale != 1 { result = try result.divide(by: preprocessing.scale) }
    let sizes = [channelCount] + Array(repeating: 1, count: Swift.max(0, rank - 2))
    if preprocessing.mean.contains(where: { $0 != 0 }) {
      result = try result.subtract(Constants.tensor(preprocessing.mean, shape: sizes, on: device))
    }
    if preprocessing.standardDeviation.contains(where: { $0 != 1 }) {
      result = try result.divide(Constants.tensor(preprocessing.standardDeviation, shape: sizes, on: device))
    }
    return result
  }
}

/// Numbers that every batch is normalized by, brought to a device once.
private enum Constants {
  private struct Key: Hashable {
    let values: [Double]
    let shape: [Int]
    let device: Device
  }

  private static let known = Mutex<[Key: Tensor]>([:])

  /// In float32. On the CPU, where they are already, nothing is kept.
  static func tensor(_ values: [Double], shape: [Int], on device: Device) throws -> Tensor {
    guard device.isCUDA else { return try Tensor(values.map(Float.init), shape: shape) }
    let key = Key(values: values, shape: shape, device: device)
    return try known.withLock { known in
      if let tensor = known[key] { return tensor }
      let tensor = try Tensor(values.map(Float.init), shape: shape, device: device)
      known[key] = tensor
      return tensor
    }
  }
}
