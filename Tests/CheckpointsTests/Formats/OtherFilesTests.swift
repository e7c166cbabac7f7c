import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// Files with more in them than a state dict: see Fixtures/weights/others/make_others.py.
@Suite struct OtherFilesTests {
  private func fixture(_ name: String) -> String { Repository.fixture("weights/others/\(name)") }

  /// The tensors that PyTorch had, as numbers.
  private func expected(_ group: String) throws -> [String: (shape: [Int], numbers: [Double])] {
    let root = try File.open(fixture("expected.h5")).root.group(group)
    return try Dictionary(
      uniqueKeysWithValues: root.allDatasetPaths().map { path in
        let dataset = try root.dataset(path)
        return (path, (try dataset.shape, try dataset.read(as: Double.self)))
      })
  }

  private func numbers(_ tensor: TensorView) -> [Double] {
    if tensor.elementType == .int64 { return tensor.array(of: Int64.self).map(Double.init) }
    return tensor.converted(to: .float64).array(of: Double.self)
  }

  private func expectNetwork(
    _ name: String, state: String? = nil, factor: Double = 1, but missing: Set<String> = [], more: Set<String> = []
  ) throws -> WeightsFile {
    let file = try WeightsFile(contentsOf: fixture(name), state: state)
    let expected = try expected("network").filter { !missing.contains($0.key) }
    #expect(Set(file.names) == Set(expected.keys).union(more), "\(name)")
    for (tensor, known) in expected {
      let found = try #require(file.tensors[tensor], "\(name): \(tensor)")
      #expect(found.shape == known.shape && numbers(found) == known.numbers.map { $0 * factor }, "\(name): \(tensor)")
    }
    return file
  }

  @Test(arguments: ["script.pth", "script-legacy.pth", "script-5.pth"])
  func whatIsUnknownBesideAStateDictIsLeftOutAndSaid(name: String) throws {
    let notes = try expectNetwork(name).notes
    #expect(
      notes == [
        "took the state dict from its entry 'state_dict'",
        "left out: args (argparse.Namespace), best (a number of numpy's), history (numpy.ndarray), "
          + "when (datetime.datetime)",
      ])
  }

  @Test func theStateDictThatIsMeantCanBeNamed() throws {
    let counters: Set<String> = ["inner.bn.num_batches_tracked"]
    let notes = try expectNetwork("ema.pth").notes
    #expect(notes == ["took the state dict from its entry 'model'; others are 'ema'"])
    _ = try expectNetwork("ema.pth", state: "ema", factor: 0.5, but: counters)
    _ = try expectNetwork("pair.pth", state: "generator")
    _ = try expectNetwork("pair.pth", state: "critic", factor: 0.5, but: counters)
    #expect(
      refusal("pair.pth")
        == "it holds several dictionaries of tensors, 'generator', 'critic'")
    #expect(
      refusal("pair.pth", state: "emma") == "it has no entry 'emma'; those with tensors by name: 'generator', 'critic'")
    #expect(refusal("script.pth", state: "epoch") == "its entry 'epoch' holds no tensors by name")
    #expect(
      refusal("within.onnx", state: "ema") == "ONNX model, which has no entries: 'ema' cannot be taken from it")
  }

  private func refusal(_ name: String, state: String? = nil) -> String {
    do {
      _ = try WeightsFile(contentsOf: fixture(name), state: state)
      return "nothing"
    } catch { return "\(error)".replacing("\(fixture(name)): ", with: "") }
  }

  @Test func aWholeModelsTensorsHaveItsStateDictsNames() throws {
    let notes = try expectNetwork("whole.pth").notes
    #expect(notes.last == "took the tensors of a whole model, __main__.Net, by the names of its state dict")
    #expect(try WeightsFile(contentsOf: Repository.fixture("weights/whole-model.pth")).kind == .torch)
  }

  // TorchScript does not say which buffers are persistent.
  @Test func torchScriptsTensorsHaveTheirNames() throws {
    #expect(try expectNetwork("scripted.pt", more: ["inner.scratch"]).kind == .torchScript)
  }

  @Test(arguments: ["wrapped.pth", "wrapped-inside.pth"]) func whatWrappersAddIsRemoved(name: String) throws {
    #expect(try expectNetwork(name).notes.contains { $0.hasPrefix("removed what a wrapper put into the names") })
  }

  @Test func anAveragedModelIsTheModel() throws { _ = try expectNetwork("averaged.pth", more: ["n_averaged"]) }

  @Test func aQuantizedTensorAloneIsLeftOut() throws {
    let notes = try expectNetwork("quantized.pth", but: ["fc.weight"]).notes
    #expect(notes == ["left out: fc.weight (a quantized tensor)"])
  }

  // Its exporter leaves out the counters, and the data may lie in a file beside it.
  @Test(arguments: ["within.onnx", "beside.onnx"]) func onnxsInitializersAreItsWeights(name: String) throws {
    #expect(try expectNetwork(name, but: ["inner.bn.num_batches_tracked"]).kind == .onnx)
  }

  @Test func onnxFilesThatAreDamagedAreRefusedAtEveryLength() throws {
    let folder = try TemporaryFolder()
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: fixture("within.onnx"))))
    let path = folder.file("cut.onnx")
    // Fields behind the graph (the operator set) may be missing: then the tensors are whole.
    for length in 0..<bytes.count {
      try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
      if let file = try? WeightsFile(contentsOf: path) { #expect(file.names.count == 8, "cut at \(length)") }
    }
    try Data(contentsOf: URL(fileURLWithPath: fixture("beside.onnx"))).write(to: URL(fileURLWithPath: path))
    #expect(throws: CheckpointError.self) { try WeightsFile(contentsOf: path) }
    try Data(count: 8).write(to: URL(fileURLWithPath: folder.file("beside.onnx.data")))
    let error = #expect(throws: CheckpointError.self) { try WeightsFile(contentsOf: path) }
    #expect("\(try #require(error))".contains("lie outside beside.onnx.data, which has 8 bytes"))
  }

  @Test(arguments: ["kinds.pth", "kinds.safetensors"]) func rareNumbersAreKeptAsTheyAre(name: String) throws {
    let file = try WeightsFile(contentsOf: fixture(name))
    let types = [
      "int8": "int8", "int16": "int16", "uint16": "uint16", "uint32": "uint32", "e4m3": "float8_e4m3fn",
      "e5m2": "float8_e5m2", "complex": "complex64", "wide": "complex128",
    ]
    #expect(file.names.count == (name.hasSuffix("pth") ? 8 : 7))
    for name in file.names { #expect(file.tensors[name]?.elementType.rawValue == types[name], "\(name)") }
    let parts = try #require(file.tensors["complex"]).realParts
    #expect(parts.shape == [2, 2] && parts.array(of: Float.self) == [1, 2, 0, -0.5])
    #expect(file.tensors.values.allSatisfy { $0.firstNonFinite == nil })
  }

  @Test func aNarrowNumberThatIsNoneIsFound() {
    func first(_ bytes: [UInt8], _ type: ElementType) -> Int? {
      TensorView(bytes: bytes, elementType: type, shape: [bytes.count / type.byteCount]).firstNonFinite
    }
    #expect(first([0x7E, 0xFF], .float8E4M3FN) == 1)
    #expect(first([0x7B, 0x7C], .float8E5M2) == 1)
    #expect(first([0x78, 0x80], .float8E4M3FN) == nil)
    #expect(first([UInt8](repeating: 0, count: 12) + [0, 0, 0x80, 0x7F], .complex64) == 1)
  }

  @Test func keysThatStandTwiceAreFound() {
    func duplicate(_ json: String) -> String? { Data(json.utf8).firstDuplicateKey }
    #expect(duplicate(#"{"a": {"x": 1}, "b": [{"x": 1}, {"x": 2}], "c": "a"}"#) == nil)
    #expect(duplicate(#"{"a": 1, "b": {"a": 1}, "a": 2}"#) == "a")
    #expect(duplicate(#"{"a": {"x": 1, "x": 2}}"#) == "x")
    #expect(duplicate(#"{"a\u0062": 1, "ab": 2}"#) == "ab")
    #expect(duplicate(#"{"a": "\"a\"", "\"": 1, "b": ["a", "b"]}"#) == nil)
  }
}
