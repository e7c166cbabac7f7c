/// Operators found once, at their first use.
private enum Known {
  static let add = find("aten::add", "Tensor")
  static let subtract = find("aten::sub", "Tensor")
  static let multiply = find("aten::mul", "Tensor")
  static let divide = find("aten::div", "Tensor")
  static let multiplyScalar = find("aten::mul", "Scalar")
  static let divideScalar = find("aten::div", "Scalar")
  static let addInPlace = find("aten::add_", "Tensor")
  static let copyInPlace = find("aten::copy_")
  static let toType = find("aten::to", "dtype")
  static let toDevice = find("aten::to", "device")
  static let detach = find("aten::detach")
  static let clone = find("aten::clone")
  static let reshape = find("aten::reshape")
  static let transpose = find("aten::t")
  static let permute = find("aten::permute")
  static let matrixProduct = find("aten::mm")
  static let concatenate = find("aten::cat")
  static let sum = find("aten::sum")
  static let sumAlong = find("aten::sum", "dim_IntList")
  static let meanAlong = find("aten::mean", "dim")
  static let argmax = find("aten::argmax")
  static let equal = find("aten::equal")
  static let allFinite = find("aten::isfinite")
  static let all = find("aten::all")
  static let not = find("aten::logical_not")
  static let zeros = find("aten::zeros")
  static let fill = find("aten::fill_", "Scalar")
  static let uniform = find("aten::uniform_")
  static let normal = find("aten::normal_")
  static let contiguous = find("aten::contiguous")
  static let stride = find("aten::stride", "int")
  static let indexSelect = find("aten::index_select")
  static let diagonal = find("aten::diagonal")
  static let expand = find("aten::expand")
  static let resizeBilinear = find("aten::_upsample_bilinear2d_aa")
  static let diagonalMatrix = find("aten::diag_embed")

  private static func find(_ name: String, _ overload: String = "") -> Result<Operator, any Error> {
    Result { try Operator(name, overload: overload) }
  }
}

// MARK: - Arithmetic

extension Tensor {
  /// `self + factor · other`, element by element; axes of extent 1 are repeated, as in all arithmetic here.
  public func add(_ other: Tensor, scaledBy factor: Double? = nil) throws -> Tensor {
    try Known.add.get().tensor([.tensor(self), .tensor(other), factor.map { .double($0) } ?? .useDefault])
  }

  /// `self − other`, element by element.
  public func subtract(_ other: Tensor) throws -> Tensor {
    try Known.subtract.get().tensor([.tensor(self), .tensor(other)])
  }

  /// `self · other`, element by element.
  public func multiply(_ other: Tensor) throws -> Tensor {
    try Known.multiply.get().tensor([.tensor(self), .tensor(other)])
  }

  /// `self / other`, element by element.
  public func divide(_ other: Tensor) throws -> Tensor {
    try Known.divide.get().tensor([.tensor(self), .tensor(other)])
  }

  /// Every element times a number.
  public func multiply(by factor: Double) throws -> Tensor {
    try Known.multiplyScalar.get().tensor([.tensor(self), .double(factor)])
  }

  /// Every element divided by a number.
  public func divide(by divisor: Double) throws -> Tensor {
    try Known.divideScalar.get().tensor([.tensor(self), .double(divisor)])
  }

  /// A number divided by every element.
  public func dividing(_ number: Double) throws -> Tensor {
    let numerator = try Tensor.zeros(shape, type: type ?? .float32, device: device)
    try numerator.fill(number)
    return try numerator.divide(self)
  }

  /// self += factor · other, in place.
  public func addInPlace(_ other: Tensor, scaledBy factor: Double? = nil) throws {
    try Known.addInPlace.get()([.tensor(self), .tensor(other), factor.map { .double($0) } ?? .useDefault])
  }

  /// The matrix product of `[rows, inner]` and `[inner, columns]`.
  public func matrixProduct(_ other: Tensor) throws -> Tensor {
    try Known.matrixProduct.get().tensor([.tensor(self), .tensor(other)])
  }
}

// MARK: - Reduction

extension Tensor {
  /// The sum of all elements, a scalar.
  public func sum() throws -> Tensor { try Known.sum.get().tensor([.tensor(self)]) }

  /// The sums over some axes, which are kept with extent 1 or removed.
  public func sum(along axes: [Int], keepsAxes: Bool = false) throws -> Tensor {
    try Known.sumAlong.get().tensor([.tensor(self), .ints(axes), .bool(keepsAxes)])
  }

  /// The means over some axes, which are kept with extent 1 or removed.
  public func mean(along axes: [Int], keepsAxes: Bool = false) throws -> Tensor {
    try Known.meanAlong.get().tensor([.tensor(self), .ints(axes), .bool(keepsAxes)])
  }

  /// The index of the largest element along an axis, int64.
  public func argmax(along axis: Int) throws -> Tensor {
    try Known.argmax.get().tensor([.tensor(self), .int(axis)])
  }

  /// Whether both have the same shape and elements.
  public func isEqual(to other: Tensor) throws -> Bool {
    guard case .bool(let equal)? = try Known.equal.get()([.tensor(self), .tensor(other)]).first else { return false }
    return equal
  }

  /// Whether no element is infinite or NaN.
  public func isFinite() throws -> Bool { try areAllFinite().item() != 0 }

  /// A scalar, float32: 1 where an element is infinite or NaN, else 0.
  func marksNotFinite() throws -> Tensor {
    try Known.not.get().tensor([.tensor(try areAllFinite())]).to(.float32)
  }

  private func areAllFinite() throws -> Tensor {
    try Known.all.get().tensor([.tensor(try Known.allFinite.get().tensor([.tensor(self)]))])
  }
}

// MARK: - Shape, type and device

extension Tensor {
  /// The same elements in another shape, one extent of which may be -1; a view where the memory allows it.
  public func reshaped(_ shape: [Int]) throws -> Tensor {
    try Known.reshape.get().tensor([.tensor(self), .ints(shape)])
  }

  /// A view with axes of extent 1 repeated; -1 keeps an axis.
  public func expanded(to shape: [Int]) throws -> Tensor {
    try Known.expand.get().tensor([.tensor(self), .ints(shape)])
  }

  /// Images `[batch, channels, height, width]` in another size, as `interpolate(mode="bilinear", antialias=True)` does.
  public func resizedBilinear(to size: [Int]) throws -> Tensor {
    try Known.resizeBilinear.get().tensor([.tensor(self), .ints(size), .bool(false)])
  }

  /// A matrix's transpose.
  public func transposed() throws -> Tensor { try Known.transpose.get().tensor([.tensor(self)]) }

  /// The axes in another order: the first is the one whose number stands first.
  public func permuted(_ axes: [Int]) throws -> Tensor {
    try Known.permute.get().tensor([.tensor(self), .ints(axes)])
  }

  /// The same tensor with its elements row by row in memory; itself where they are so already.
  public func contiguous() throws -> Tensor { try Known.contiguous.get().tensor([.tensor(self)]) }

  /// The same tensor, `[n, channels, rows, columns]`, with the channels of a place side by side in memory; itself where they
  /// are so already.
  public func channelsLast() throws -> Tensor {
    // libtorch's number of this memory format.
    try Known.contiguous.get().tensor([.tensor(self), .int(2)])
  }

  /// `[n, width]`, the elements of each row in the order that they have in memory where channels are side by side there,
  /// else row by row: what does not depend on the order of columns needs no copy.
  public func rowsAsStored() throws -> Tensor {
    guard shape.count == 4, shape[1] > 1, case .int(1)? = try Known.stride.get()([.tensor(self), .int(1)]).first else {
      return try reshaped([shape[0], -1])
    }
    return try permuted([0, 2, 3, 1]).reshaped([shape[0], -1])
  }

  /// The elements in another type; itself where it is the same.
  public func to(_ type: DType) throws -> Tensor {
    try Known.toType.get().tensor([.tensor(self), .dtype(type)])
  }

  /// The elements on another device; itself where it is the same.
  public func to(_ device: Device) throws -> Tensor {
    try Known.toDevice.get().tensor([.tensor(self), .device(device), .dtype(type ?? .float32)])
  }

  /// The same memory without the record of how it was computed.
  public func detached() throws -> Tensor { try Known.detach.get().tensor([.tensor(self)]) }

  /// A copy in memory of its own; its record of how it was computed goes with it.
  public func cloned() throws -> Tensor { try Known.clone.get().tensor([.tensor(self)]) }

  /// Tensors one after the other along an axis; all other extents are the same.
  public static func concatenated(_ tensors: [Tensor], along axis: Int = 0) throws -> Tensor {
    try Known.concatenate.get().tensor([.tensors(tensors), .int(axis)])
  }
}

// MARK: - Creation and filling

extension Tensor {
  /// A new tensor of zeros.
  public static func zeros(_ shape: [Int], type: DType = .float32, device: Device = .cpu) throws -> Tensor {
    try Known.zeros.get().tensor([.ints(shape), .dtype(type), .useDefault, .device(device)])
  }

  /// Takes another tensor's elements, converted to its own type and device.
  public func copyInPlace(from other: Tensor) throws {
    try Known.copyInPlace.get()([.tensor(self), .tensor(other)])
  }

  /// Sets every element.
  public func fill(_ value: Double) throws { try Known.fill.get()([.tensor(self), .double(value)]) }

  /// Draws every element from the uniform distribution on a range.
  public func fillUniform(_ range: ClosedRange<Double>, using generator: Generator) throws {
    try Known.uniform.get()(
      [.tensor(self), .double(range.lowerBound), .double(range.upperBound), .generator(generator)])
  }

  /// Draws every element from the normal distribution with mean 0.
  public func fillNormal(standardDeviation: Double, using generator: Generator) throws {
    try Known.normal.get()([.tensor(self), .double(0), .double(standardDeviation), .generator(generator)])
  }
}

// MARK: - Indexing

extension Tensor {
  /// The slices at `indices`, int64, along an axis.
  public func selecting(_ indices: Tensor, along axis: Int) throws -> Tensor {
    try Known.indexSelect.get().tensor([.tensor(self), .int(axis), .tensor(indices)])
  }

  /// The diagonal of a square matrix.
  public func diagonal() throws -> Tensor { try Known.diagonal.get().tensor([.tensor(self)]) }

  /// A square matrix with zeros on its diagonal.
  public func withZeroDiagonal() throws -> Tensor {
    try subtract(try Known.diagonalMatrix.get().tensor([.tensor(try diagonal())]))
  }
}
