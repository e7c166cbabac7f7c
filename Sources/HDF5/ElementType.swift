import CHDF5

/// The type of a tensor's elements, in memory and (little-endian) in a file, by PyTorch's names.
public enum ElementType: String, Codable, Sendable, CaseIterable {
  // What Lethe computes with and stores.
  case float64, float32, float16, bfloat16, int64, int32, uint8, bool
  // What other files have besides: looked at and compared, no more.
  case int8, int16, uint16, uint32, uint64, complex64, complex128
  case float8E4M3FN = "float8_e4m3fn"
  case float8E5M2 = "float8_e5m2"

  /// Those that Lethe computes with and stores.
  public static let computable: [ElementType] = [
    .float64, .float32, .float16, .bfloat16, .int64, .int32, .uint8, .bool,
  ]

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .complex128: 16
    case .float64, .int64, .uint64, .complex64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .uint8, .bool, .int8, .float8E4M3FN, .float8E5M2: 1
    }
  }

  /// Whether elements are floating-point numbers that are computed with: float64, float32, float16 or bfloat16.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    default: false
    }
  }

  /// A new HDF5 type, to be closed by its owner; of those that are computed with.
  func makeType() throws -> Handle {
    switch self {
    case .int8, .int16, .uint16, .uint32, .uint64, .float8E4M3FN, .float8E5M2, .complex64, .complex128:
      throw HDF5Error.failed(operation: "store", object: rawValue, reason: "no such numbers are stored")
    case .float64: return try .copy(of: lethe_h5t_float64())
    case .float32: return try .copy(of: lethe_h5t_float32())
    case .int64: return try .copy(of: lethe_h5t_int64())
    case .int32: return try .copy(of: lethe_h5t_int32())
    case .uint8: return try .copy(of: lethe_h5t_uint8())
    case .float16: return try Self.makeHalf(exponentBits: 5, mantissaBits: 10, bias: 15)
    case .bfloat16: return try Self.makeHalf(exponentBits: 8, mantissaBits: 7, bias: 127)
    case .bool:
      // h5py's own form of a Boolean: an enumeration over int8.
      let type = try Handle(checking: H5Tenum_create(lethe_h5t_int8()), H5Tclose, "make a Boolean type")
      for (name, value) in [("FALSE", 0), ("TRUE", 1)] {
        var value = Int8(value)
        try check(H5Tenum_insert(type.id, name, &value), "make a Boolean type")
      }
      return type
    }
  }

  // IEEE half precision exactly as h5py makes it, and bfloat16 by the same steps.
  private static func makeHalf(exponentBits: Int, mantissaBits: Int, bias: Int) throws -> Handle {
    let type = try Handle.copy(of: lethe_h5t_float32())
    try check(H5Tset_fields(type.id, 15, mantissaBits, exponentBits, 0, mantissaBits), "make a 16-bit type")
    try check(H5Tset_size(type.id, 2), "make a 16-bit type")
    try check(H5Tset_ebias(type.id, bias), "make a 16-bit type")
    return type
  }

  /// The element type that holds every value of an HDF5 type, and whether the file has exactly its bytes.
  static func matching(_ type: hid_t) throws -> (elementType: ElementType, isExact: Bool)? {
    for candidate in computable where try H5Tequal(type, candidate.makeType().id) > 0 {
      return (candidate, true)
    }
    let size = H5Tget_size(type)
    switch H5Tget_class(type) {
    case H5T_FLOAT: return size <= 8 ? (size <= 4 ? .float32 : .float64, false) : nil
    case H5T_INTEGER:
      let isSigned = H5Tget_sign(type) == H5T_SGN_2
      if size == 1, !isSigned { return (.uint8, false) }
      if size < 4 || (size == 4 && isSigned) { return (.int32, false) }
      return size <= 8 ? (.int64, false) : nil
    case H5T_ENUM where size == 1: return (.bool, false)
    default: return nil
    }
  }
}

/// A Swift number that a dataset can be read as.
public protocol DatasetElement: BitwiseCopyable, Sendable {
  /// The matching element type.
  static var elementType: ElementType { get }
}

extension Double: DatasetElement { public static var elementType: ElementType { .float64 } }
extension Float: DatasetElement { public static var elementType: ElementType { .float32 } }
extension Int64: DatasetElement { public static var elementType: ElementType { .int64 } }
extension Int: DatasetElement { public static var elementType: ElementType { .int64 } }
extension Int32: DatasetElement { public static var elementType: ElementType { .int32 } }
extension UInt8: DatasetElement { public static var elementType: ElementType { .uint8 } }
