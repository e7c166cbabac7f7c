/// What is in a foreign file, as the process that reads it tells it: all but the numbers of its datasets.
struct ForeignContents: Codable, Sendable {
  /// The first is the root. Each once, by however many names it has.
  var objects: [Object]

  /// A group, a dataset, or something else that has a name.
  struct Object: Codable, Sendable {
    var kind: Kind
    var attributes: Outcome<[Attribute]>
    /// Of a group, in alphabetical order.
    var members: Outcome<[Member]>?
    /// Of a dataset.
    var data: Outcome<Data>?
  }

  enum Kind: String, Codable, Sendable { case group, dataset, other }

  struct Member: Codable, Sendable {
    var name: String
    var target: Target
  }

  /// What a name stands for.
  enum Target: Codable, Sendable {
    case object(Int)
    /// A link to an object of another file, which the reader does not follow.
    case file(String, path: String)
    case broken(reason: String)
  }

  /// What a dataset says of its numbers.
  struct Data: Codable, Sendable {
    var shape: [Int]
    /// Nil for what is read in another way, or not at all; ``foundType`` has it in words.
    var elementType: ElementType?
    var foundType: String
    /// Whether the file has exactly the bytes of the element type.
    var isExact: Bool
    /// Where they begin in the file, if they lie there in one piece and need no conversion.
    var offset: Int?
  }

  struct Attribute: Codable, Sendable {
    var name: String
    var value: Outcome<Value>
  }

  enum Value: Codable, Sendable {
    case strings([String])
    case integers([Int])
    case fractions([Double])
    case other

    /// Integers or fractions, as `Int` or `Double`; nil for what is neither, and for fractions asked as integers.
    func numbers<Element: DatasetElement>(as type: Element.Type) -> [Element]? {
      switch self {
      case .integers(let values):
        Element.elementType.isFloatingPoint ? values.map(Double.init) as? [Element] : values as? [Element]
      // An empty array is one of any type.
      case .fractions(let values): Element.elementType.isFloatingPoint ? values as? [Element] : nil
      case .strings, .other: nil
      }
    }
  }

  /// A value, or why there is none.
  enum Outcome<Value: Codable & Sendable>: Codable, Sendable {
    case value(Value)
    case failure(HDF5Error)

    init(_ body: () throws -> Value) {
      do { self = .value(try body()) } catch let error as HDF5Error { self = .failure(error) } catch {
        self = .failure(.failed(operation: "read", object: "HDF5", reason: "\(error)"))
      }
    }

    func get() throws -> Value {
      switch self {
      case .value(let value): return value
      case .failure(let error): throw error
      }
    }
  }
}
