import Files
import Foundation
import HDF5

/// A LoRA adapter as the library PEFT stores it: a folder of `adapter_config.json` and `adapter_model.safetensors`.
///
/// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022; with `use_dora`, Liu et al., "DoRA:
/// Weight-Decomposed Low-Rank Adaptation", ICML 2024.
public struct LowRankAdapter: Sendable {
  /// The change of one weight.
  public struct Change: Sendable {
    /// The weight, as the adapted model calls it.
    public let tensor: String
    /// `r`.
    public let rank: Int
    /// What B A is multiplied by: `α/r`, or `α/√r`.
    public let scale: Double
    fileprivate let down: TensorView
    fileprivate let up: TensorView
    /// DoRA's length of each output's weights.
    fileprivate let magnitude: TensorView?
    /// Whether the weight lies inputs first: embeddings, and layers of GPT-2's kind.
    fileprivate let isTransposed: Bool
  }

  /// The changes, in the order of their names.
  public let changes: [Change]
  /// Tensors that the adapter brings whole: heads that were trained beside it, biases.
  public let whole: [String: TensorView]
  private let path: String

  /// Whether a folder is one of an adapter.
  public static func isAdapter(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/adapter_config.json")
  }

  /// - Throws: ``CheckpointError`` for an adapter of another kind, or one with tensors that are none of LoRA's.
  public init(contentsOf path: String) throws {
    self.path = path
    let configuration = try Configuration(contentsOf: "\(path)/adapter_config.json")
    guard
      let file = ["safetensors", "bin"].map({ "\(path)/adapter_model.\($0)" })
        .first(where: { FileManager.default.fileExists(atPath: $0) })
    else { throw CheckpointError.malformed(path: path, reason: "an adapter without adapter_model.safetensors") }
    var parts: [String: [String: TensorView]] = [:]
    var whole: [String: TensorView] = [:]
    for (name, tensor) in try WeightsFile(contentsOf: file).tensors {
      let short = Self.modelName(name)
      if let (layer, part) = Self.part(short) {
        parts[layer, default: [:]][part] = tensor
      } else if short.contains("lora_") {
        throw CheckpointError.malformed(path: file, reason: "\(name): a part of an adapter that is not read")
      } else {
        whole[short] = tensor
      }
    }
    changes = try parts.sorted { $0.key < $1.key }.map { layer, parts in
      try Self.change(layer, parts, configuration, file: file)
    }
    self.whole = whole
    guard !changes.isEmpty else { throw CheckpointError.malformed(path: file, reason: "it has no lora_A and lora_B") }
  }

  private static func modelName(_ name: String) -> String {
    let prefix = "base_model.model."
    return (name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name).replacing(".base_layer.", with: ".")
  }

  /// The layer and the part of it that a name stands for; nil for a tensor that is no part of a change.
  private static func part(_ name: String) -> (layer: String, part: String)? {
    for (ending, part) in [
      (".lora_A.weight", "A"), (".lora_B.weight", "B"), (".lora_embedding_A", "embeddingA"),
      (".lora_embedding_B", "embeddingB"), (".lora_magnitude_vector", "magnitude"),
    ] where name.hasSuffix(ending) {
      return (String(name.dropLast(ending.count)), part)
    }
    return nil
  }

  private static func change(
    _ layer: String, _ parts: [String: TensorView], _ configuration: Configuration, file: String
  ) throws -> Change {
    func refuse(_ reason: String) -> CheckpointError { .malformed(path: file, reason: "\(layer): \(reason)") }
    let isEmbedding = parts["embeddingA"] != nil
    guard let down = parts["A"] ?? parts["embeddingA"], let up = parts["B"] ?? parts["embeddingB"] else {
      throw refuse("one of lora_A and lora_B is missing")
    }
    guard let rank = down.shape.first, rank > 0, down.shape.count >= 2, up.shape.count >= 2, up.shape[1] == rank,
      up.count == up.shape[0] * rank
    else { throw refuse("lora_A \(down.shape) and lora_B \(up.shape) do not fit each other") }
    guard down.elementType.isFloatingPoint, up.elementType.isFloatingPoint else {
      throw refuse("lora_A and lora_B are \(down.elementType.rawValue) and \(up.elementType.rawValue)")
    }
    let isTransposed = isEmbedding || configuration.isTransposed
    let magnitude = parts["magnitude"]
    if let magnitude, isTransposed || magnitude.count != up.shape[0] || !magnitude.elementType.isFloatingPoint {
      throw refuse("its lora_magnitude_vector \(magnitude.shape) is of a form that is not read")
    }
    let alpha = try configuration.alpha(of: layer)
    return Change(
      tensor: "\(layer).weight", rank: rank,
      scale: configuration.isRankStabilized ? alpha / Double(rank).squareRoot() : alpha / Double(rank), down: down,
      up: up, magnitude: magnitude, isTransposed: isTransposed)
  }

  /// What of `adapter_config.json` a merge depends on.
  private struct Configuration {
    private let alpha: Double
    /// Alphas of layers by the ends of their paths, in the file's order: the first that fits counts.
    private let alphas: [(ending: String, alpha: Double)]
    let isRankStabilized: Bool
    let isTransposed: Bool

    init(contentsOf path: String) throws {
      func refuse(_ reason: String) -> CheckpointError { .malformed(path: path, reason: reason) }
      let file = try MappedFile(path)
      let json = file.byteCount < 1 << 24 ? file.withUnsafeBytes { Data($0) } : Data()
      guard let fields = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
        throw refuse("not the configuration of an adapter")
      }
      let kind = fields["peft_type"] as? String ?? "none"
      guard kind == "LORA" else { throw refuse("an adapter of the kind \(kind); LORA is read") }
      for name in ["use_qalora", "use_bdlora", "lora_bias"] where fields[name] as? Bool == true {
        throw refuse("\(name) is set; such adapters are not read")
      }
      for name in ["layer_replication", "target_parameters", "alora_invocation_tokens", "kasa_config"] {
        guard fields[name].map({ $0 is NSNull }) ?? true else {
          throw refuse("\(name) is set; such adapters are not read")
        }
      }
      guard let alpha = fields["lora_alpha"] as? Double, alpha.isFinite else {
        throw refuse("its lora_alpha is no number")
      }
      self.alpha = alpha
      let alphas = fields["alpha_pattern"] as? [String: Double] ?? [:]
      isRankStabilized = fields["use_rslora"] as? Bool ?? false
      isTransposed = fields["fan_in_fan_out"] as? Bool ?? false
      if let key = alphas.keys.filter({ $0.contains { !($0.isLetter || $0.isNumber || "._-".contains($0)) } }).min() {
        throw refuse("its alpha_pattern has the expression '\(key)'; names of layers are read")
      }
      let text = String(decoding: json, as: UTF8.self)
      let patterns = text[(text.range(of: "\"alpha_pattern\"")?.upperBound ?? text.endIndex)...]
      func place(_ key: String) -> String.Index { patterns.range(of: "\"\(key)\"")?.lowerBound ?? patterns.endIndex }
      self.alphas = alphas.map { ($0.key, $0.value) }.sorted { place($0.0) < place($1.0) }
    }

    /// `α` of a layer: that of the first pattern which is its name or the end of it.
    func alpha(of layer: String) throws -> Double {
      alphas.first { layer == $0.ending || layer.hasSuffix(".\($0.ending)") }?.alpha ?? alpha
    }
  }
}

// MARK: - Merging

extension LowRankAdapter {
  /// The tensors of a model with the adapter merged into them, `W + s B A` in place of each weight W that it changes.
  ///
  /// - Parameters:
  ///   - tensors: the model's, by name.
  ///   - head: those of its classifier, which the adapter may bring with another number of classes.
  /// - Returns: the tensors that are others now, by the model's names.
  /// - Throws: ``CheckpointError`` for a tensor that the model does not have, or has in another shape.
  public func merged(
    into tensors: [String: TensorView], head: Set<String> = []
  ) throws -> [String: TensorView] {
    let prefix = try prefix(of: tensors)
    var result = try changed(of: tensors)
    for (short, tensor) in whole {
      let name = prefix + short
      guard let old = tensors[name] else { throw missing(short) }
      let isHead = head.contains(name) && old.shape.count == tensor.shape.count
      guard old.shape == tensor.shape || (isHead && old.shape.dropFirst() == tensor.shape.dropFirst()) else {
        throw CheckpointError.shapeMismatch(tensor: name, file: path, expected: old.shape, found: tensor.shape)
      }
      result[name] = tensor.converted(to: old.elementType)
    }
    return result
  }

  /// The weights that it changes, changed.
  func changed(of tensors: [String: TensorView]) throws -> [String: TensorView] {
    let prefix = try prefix(of: tensors)
    let pairs = try changes.map { change in
      let name = prefix + change.tensor
      guard let weight = tensors[name] else { throw missing(change.tensor) }
      return (name, try change.merged(into: weight, named: name, path))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  private func missing(_ name: String) -> CheckpointError {
    .malformed(path: path, reason: "it changes \(name), which the model does not have")
  }

  /// What stands before the adapter's names in the model's.
  private func prefix(of tensors: [String: TensorView]) throws -> String {
    guard let first = changes.first?.tensor, tensors[first] == nil else { return "" }
    let prefixes = tensors.keys.filter { $0.hasSuffix(".\(first)") }.map { String($0.dropLast(first.count)) }
    return prefixes.sorted { ($0.count, $0) < ($1.count, $1) }.first { prefix in
      changes.allSatisfy { tensors[prefix + $0.tensor] != nil }
    } ?? ""
  }
}

extension LowRankAdapter.Change {
  fileprivate func merged(into weight: TensorView, named name: String, _ path: String) throws -> TensorView {
    let outputs = up.shape[0]
    let inputs = down.count / rank
    let expected = isTransposed ? [inputs, outputs] : [outputs] + down.shape.dropFirst()
    guard weight.shape == expected, weight.elementType.isFloatingPoint else {
      throw CheckpointError.shapeMismatch(tensor: name, file: path, expected: weight.shape, found: expected)
    }
    let (a, b) = (Self.floats(down), Self.floats(up))
    var merged = Self.floats(weight)
    let scale = Float(scale)
    var row = [Float](repeating: 0, count: inputs)
    for output in 0..<outputs {
      for input in 0..<inputs { row[input] = 0 }
      for r in 0..<rank {
        let factor = b[output * rank + r]
        for input in 0..<inputs { row[input] += factor * a[r * inputs + input] }
      }
      if isTransposed {
        for input in 0..<inputs { merged[input * outputs + output] += scale * row[input] }
      } else {
        for input in 0..<inputs { merged[output * inputs + input] += scale * row[input] }
      }
    }
    if let magnitude { Self.rescale(&merged, to: Self.floats(magnitude), inputs: inputs) }
    return TensorView(merged, shape: weight.shape).converted(to: weight.elementType)
  }

  /// Gives each output's weights the length that DoRA has for them.
  private static func rescale(_ weights: inout [Float], to lengths: [Float], inputs: Int) {
    for (output, length) in lengths.enumerated() {
      let range = output * inputs..<(output + 1) * inputs
      let norm = Float(range.reduce(0.0) { $0 + Double(weights[$1]) * Double(weights[$1]) }.squareRoot())
      for place in range { weights[place] *= length / norm }
    }
  }

  private static func floats(_ tensor: TensorView) -> [Float] { tensor.converted(to: .float32).array(of: Float.self) }
}
