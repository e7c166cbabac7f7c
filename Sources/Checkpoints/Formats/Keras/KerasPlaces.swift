import HDF5

/// Finds the places of PyTorch's tensors in a Keras file.
///
/// What is done to a layer's tensors when they are read moves numbers and changes none. Done to the numbers' places, it
/// says where each came from.
struct KerasPlaces {
  private let tensors: [String: TensorView]
  private let file: String
  private var left: Set<String>

  /// - Parameters:
  ///   - tensors: by the names that the file's tensors are read under.
  ///   - file: the Keras file, for messages.
  init(_ tensors: [String: TensorView], file: String) {
    self.tensors = tensors
    self.file = file
    left = Set(tensors.keys.filter { !$0.hasSuffix("num_batches_tracked") })
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` where a tensor has found no place.
  func requireNoneLeft() throws {
    guard let name = left.min() else { return }
    throw refusal("it has no place for the tensor \(name)")
  }

  /// A layer's datasets with the numbers that belong in them.
  mutating func datasets(of layer: KerasLayer, in root: Group) throws -> [(path: String, tensor: TensorView)] {
    let datasets = try layer.weights.map { try root.dataset($0.path) }
    let shapes = try datasets.map { try $0.shape }
    guard let type = try datasets.first?.elementType, try datasets.allSatisfy({ try $0.elementType == type }) else {
      throw refusal("the tensors of its layer \(layer.name) are of several types")
    }
    // What no model has as a weight stays: the state of a layer's random numbers.
    guard type.isFloatingPoint || layer.weights.contains(where: { has(layer, $0.role) }) else { return [] }
    // Places are counted from 1: 0 is a number that Keras does not have.
    var counted: Int64 = 1
    let origins = KerasConversion(
      layer,
      zip(layer.weights, shapes).map { weight, shape in
        let start = counted
        counted += Int64(shape.reduce(1, *))
        return (weight, TensorView(Array(start..<counted), shape: shape))
      }
    ).tensors
    let size = type.byteCount
    var bytes = [UInt8](repeating: 0, count: Int(counted) * size)
    for (name, origin) in origins {
      let places = origin.array(of: Int64.self)
      let numbers = try tensor(layer, name, origins).converted(to: type)
      guard numbers.shape == origin.shape, numbers.elementType == type else {
        throw refusal(
          "its \(layer.name).\(name) is \(type.rawValue) of shape \(origin.shape), "
            + "found \(numbers.elementType.rawValue) of shape \(numbers.shape)")
      }
      numbers.withUnsafeBytes { source in
        for (position, place) in places.enumerated() where place > 0 {
          for byte in 0..<size { bytes[Int(place) * size + byte] = source[position * size + byte] }
        }
      }
    }
    var end = size
    return zip(layer.weights, shapes).map { weight, shape in
      let start = end
      end += shape.reduce(1, *) * size
      return (weight.path, TensorView(bytes: Array(bytes[start..<end]), elementType: type, shape: shape))
    }
  }

  /// The tensor of that name; of two biases that Keras has one for, their sum.
  private mutating func tensor(
    _ layer: KerasLayer, _ name: String, _ origins: [(name: String, tensor: TensorView)]
  ) throws -> TensorView {
    let bias = try found(layer, name)
    guard name.hasPrefix("bias_ih"),
      let second = origins.first(where: { $0.name == name.replacing("bias_ih", with: "bias_hh") }),
      second.tensor.array(of: Int64.self).allSatisfy({ $0 == 0 })
    else { return bias }
    let other = try found(layer, second.name)
    let pairs = zip(
      bias.converted(to: .float64).array(of: Double.self), other.converted(to: .float64).array(of: Double.self))
    // What is added to nothing keeps its sign of zero.
    return TensorView(pairs.map { $1 == 0 ? $0 : $0 + $1 }, shape: bias.shape)
  }

  private func has(_ layer: KerasLayer, _ name: String) -> Bool { tensors[Self.name(layer, name)] != nil }

  private static func name(_ layer: KerasLayer, _ name: String) -> String {
    layer.name.isEmpty ? name : "\(layer.name).\(name)"
  }

  private mutating func found(_ layer: KerasLayer, _ name: String) throws -> TensorView {
    let full = Self.name(layer, name)
    guard let tensor = tensors[full] else { throw refusal("it has \(full), which the model does not have") }
    left.remove(full)
    return tensor
  }

  private func refusal(_ reason: String) -> CheckpointError { .malformed(path: file, reason: reason) }
}
