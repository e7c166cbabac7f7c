/// Which outputs of a head the classes of some data are, where somebody says it.
///
/// In JSON `{"outputs": [3, 1]}` or `{"names": ["cat", "dog"]}`.
public enum StatedClasses: Sendable, Equatable {
  /// The output of each class, in the order of the data's classes, from 0.
  case outputs([Int])
  /// The name of each output of the head, in order: what the data's names are then looked for in.
  case names([String])
}

extension StatedClasses: Codable {
  private enum CodingKeys: String, CodingKey { case outputs, names }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .outputs(let outputs): try container.encode(outputs, forKey: .outputs)
    case .names(let names): try container.encode(names, forKey: .names)
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self =
      container.contains(.outputs)
      ? .outputs(try container.decode([Int].self, forKey: .outputs))
      : .names(try container.decode([String].self, forKey: .names))
  }
}
