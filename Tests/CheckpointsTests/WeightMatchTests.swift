import HDF5
import Programs
import Testing

@testable import Checkpoints

@Suite struct WeightMatchTests {
  private func program() throws -> Program {
    try Architecture.mlp.program(options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: 3, hiddenSizes: [5]))
  }

  private func tensors(_ program: Program, prefix: String = "", classes: Int = 3) -> [String: TensorView] {
    let head = Set(program.headParameterNames)
    return Dictionary(
      uniqueKeysWithValues: program.parameters.map { specification in
        let shape =
          head.contains(specification.name) ? [classes] + specification.shape.dropFirst() : specification.shape
        return (prefix + specification.name, TensorView([Float](repeating: 1, count: shape.reduce(1, *)), shape: shape))
      })
  }

  @Test func equalNamesAndShapesMatch() throws {
    let match = WeightMatch(tensors(try program()), to: try program())
    #expect(match.tensors.count == 4)
    #expect(match.missing.isEmpty && match.unexpected.isEmpty && match.mismatched.isEmpty && match.notes.isEmpty)
  }

  @Test(arguments: ["module.", "backbone.net."]) func aCommonPrefixIsRemovedAndSaidSo(prefix: String) throws {
    let match = WeightMatch(tensors(try program(), prefix: prefix), to: try program())
    #expect(match.tensors.count == 4)
    #expect(match.notes.contains { $0.contains("'\(prefix)'") })
  }

  @Test func theFirstLevelOfARecurrentLayerFitsACell() {
    let tensor = TensorView([1] as [Float])
    let wanted: Set = ["rnn.weight_ih", "rnn.weight_hh", "fc.weight"]
    let file = ["rnn.weight_ih_l0": tensor, "rnn.weight_hh_l0": tensor, "rnn.bias_ih_l0": tensor, "fc.weight": tensor]
    let (found, note) = WeightMatch.aligned(file, to: wanted)
    #expect(Set(found.keys) == ["rnn.weight_ih", "rnn.weight_hh", "rnn.bias_ih_l0", "fc.weight"])
    #expect(note == "removed '_l0' from the file's names for the model's cells")
    // A layer that has levels keeps them.
    let kept = WeightMatch.aligned(file, to: Set(file.keys))
    #expect(kept.tensors == file && kept.note == nil)
  }

  @Test func whatDoesNotMatchIsNamed() throws {
    let program = try program()
    var file = tensors(program)
    let names = program.parameters.map(\.name)
    file["\(names[0])s"] = file.removeValue(forKey: names[0])
    file[names[1]] = TensorView([1, 2] as [Float])
    let match = WeightMatch(file, to: program)
    #expect(match.missing == [names[0]])
    #expect(match.unexpected == ["\(names[0])s"])
    #expect(match.candidates(for: names[0]) == ["\(names[0])s"])
    #expect(match.mismatched.map(\.name) == [names[1]])
    #expect(match.mismatched.map(\.found) == [[2]])
  }

  @Test func otherNamesAreToldByTheShapes() throws {
    let program = try program()
    let file = Dictionary(
      uniqueKeysWithValues: tensors(program).map {
        ("vit." + $0.key.replacing("layers.", with: "blocks.") + "_", $0.value)
      })
    let match = WeightMatch(file, to: program)
    let first = program.parameters[0].name
    #expect(match.missing.count == 4 && match.tensors.isEmpty)
    #expect(match.otherName?.program == first)
    #expect(match.otherName?.file == "vit." + first.replacing("layers.", with: "blocks.") + "_")
    // One tensor of four in the right shape tells nothing.
    let others = file.mapValues { $0.shape.count == 1 ? $0 : TensorView([1] as [Float]) }
    let fewer = others.filter { $0.value.shape != [1] && $0.value.shape != [3] }
    #expect(WeightMatch(fewer, to: program).otherName == nil)
    #expect(WeightMatch(tensors(program), to: program).otherName == nil)
  }

  @Test func numbersOfAnotherKindAreNamedAndCountersCast() throws {
    var program = try program()
    program.buffers = [TensorSpecification(name: "bn.num_batches_tracked", shape: [], elementType: "int64")]
    var file = tensors(program)
    file["bn.num_batches_tracked"] = TensorView([3.0] as [Float], shape: [])
    let first = program.parameters[0]
    file[first.name] = TensorView(
      bytes: [UInt8](repeating: 1, count: first.elementCount), elementType: .int8, shape: first.shape)
    let match = WeightMatch(file, to: program)
    #expect(match.tensors["bn.num_batches_tracked"]?.array(of: Int64.self) == [3])
    #expect(match.notes == ["its 1 counters of batches (num_batches_tracked) are fractions, cast to int64"])
    #expect(match.mistyped == [.init(name: first.name, expected: "float32", found: .int8)])
    file["bn.num_batches_tracked"] = TensorView([3.5] as [Float], shape: [])
    #expect(WeightMatch(file, to: program).mistyped.map(\.name).contains("bn.num_batches_tracked"))
  }

  @Test func aHeadOfOtherClassesIsKeptApartOrUsed() throws {
    let program = try program()
    let match = WeightMatch(tensors(program, classes: 7), to: program)
    #expect(Set(match.differingHead.keys) == Set(program.headParameterNames))
    var kept = Checkpoint(program: program, task: "mine", parameters: tensors(program))
    kept.rename(task: "mine")
    var used = kept
    kept.load(match, task: "theirs", differingHead: .keep)
    #expect(kept.task == "mine")
    #expect(kept.heads["theirs"]?.classNames.count == 7)
    used.load(match, task: "theirs", differingHead: .use)
    #expect(used.task == "theirs")
    #expect(used.parameters[program.headParameterNames[0]]?.shape.first == 7)
  }

  /// 1 + 2⁻¹¹ lies halfway between two float16 numbers and rounds to the even one, 1; bfloat16 keeps 7 bits.
  @Test func floatingTypesAreConvertedToNearest() {
    let numbers = TensorView([1 + 1 / 2048, -0.5, 65_504] as [Float])
    #expect(numbers.converted(to: .float16).converted(to: .float32).array(of: Float.self) == [1, -0.5, 65_504])
    #expect(numbers.converted(to: .bfloat16).converted(to: .float32).array(of: Float.self) == [1, -0.5, 65_536])
    #expect(numbers.converted(to: .float64).array(of: Double.self) == [1 + 1 / 2048, -0.5, 65_504])
    #expect(TensorView([1] as [Int64]).converted(to: .float32).elementType == .int64)
  }

  /// Hugging Face writes tied weights once, under one of their names.
  @Test func whatIsTiedMayStandUnderOneName() throws {
    let program = try Architecture.mlp.program(
      options: ArchitectureOptions(inputShape: [1, 2, 2], classCount: 3, hiddenSizes: [3]))
    let (first, second) = ("layers.0.bias", "layers.2.bias")
    var file = tensors(program, prefix: "net.")
    file["net.\(first)"] = TensorView([1, 2, 3] as [Float])
    file["net.\(second)"] = nil
    #expect(WeightMatch(file, to: program).missing == [second])
    let match = WeightMatch(file, to: program, sharing: [[second, first]])
    #expect(match.missing.isEmpty && match.tensors[second]?.checksum == file["net.\(first)"]?.checksum)
    #expect(match.tensors[second]?.identity == match.tensors[first]?.identity)
  }
}
