import Foundation
import Models
import Programs
import TestSupport
import Testing
import Torch

/// Programs that nobody means well with: `Fixtures/hostile/make_hostile.py` says what each would do.
///
/// A call that is not stopped ends the tests' process, or writes over its memory.
@Suite struct HostileProgramTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    enum Stage: String, Decodable {
      /// By the names of the operators, when a file is read.
      case read
      /// By the schemas of the libtorch at hand.
      case find
      /// By the arguments.
      case call
      case runs
      /// An error or a result: what matters is that there is one.
      case any
    }
    let name: String
    let stage: Stage
    let says: String
    let program: Program
    var testDescription: String { name }
  }

  private static func cases() throws -> [Case] {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(
      [Case].self, from: Data(contentsOf: URL(fileURLWithPath: Repository.fixture("hostile/programs.json"))))
  }

  @Test func everyHostileProgramIsRefusedWhereItShouldBe() throws {
    let cases = try Self.cases()
    #expect(cases.count > 140)
    for hostile in cases {
      try hostile.program.validate()
      let (stage, said) = try run(hostile.program)
      #expect(hostile.stage == .any || stage == hostile.stage, "\(hostile.name): \(stage), \(said)")
      #expect(hostile.says.isEmpty || said.contains(hostile.says), "\(hostile.name): \(said)")
      #expect(!said.contains("\n"), "one line: \(said)")
      if stage == .read || stage == .find || stage == .call, !hostile.name.contains("no such") {
        #expect(said.contains("evil"), "the layer is named: \(said)")
      }
    }
  }

  private func run(_ program: Program) throws -> (Case.Stage, said: String) {
    do { try program.checkOperators() } catch { return (.read, "\(error)") }
    let model: Model
    do { model = try Model(initializing: program, task: "none", classNames: [], seed: 0) } catch {
      return (.find, "\(error)")
    }
    do {
      let input = try Tensor([Float](repeating: 0.5, count: 8), shape: [2, 4])
      _ = try withoutGradients { try model.run(["x": input]) }
    } catch { return (.call, "\(error)") }
    return (.runs, "")
  }

  @Test func memoryBeyondTheBudgetIsAnErrorAndIsGivenBack() throws {
    let before = try Library.memoryInUse()
    do {
      let tensor = try Tensor.zeros([1 << 20], type: .float32)
      #expect(try Library.memoryInUse() >= 4 << 20, "\(tensor.shape)")
    }
    // Other tests make tensors meanwhile, none near 2⁴⁰ bytes.
    #expect(throws: TorchError.self) { try Tensor.zeros([1 << 38], type: .float32) }
    #expect(abs(try Library.memoryInUse() - before) < 8 << 30)
  }

  @Test func anOperatorOfOnesOwnRunsOnceItIsAdmitted() throws {
    let call = Node(
      operatorName: "aten::trapezoid", overload: "dx",
      inputs: [NamedArgument(name: "y", value: .value("x")), NamedArgument(name: "dx", value: .double(1))],
      outputs: ["y"], layer: "own")
    let program = Program(
      architecture: "own", inputs: [Input(name: "x", shape: [-1, 4])], parameters: [], nodes: [call], outputs: ["y"])
    #expect(program.refusedCalls == [call])
    #expect(throws: ProgramError.refusedOperator(name: "aten::trapezoid.dx", layer: "own")) {
      try Model.checkOperators(of: program)
    }
    AdmittedOperators.admit(["aten::trapezoid"])
    #expect(program.refusedCalls.isEmpty)
    let model = try Model(initializing: program, task: "none", classNames: [], seed: 0)
    let input = try Tensor([0, 1, 2, 3] as [Float], shape: [1, 4])
    // Areas of the three trapezoids: 0.5 + 1.5 + 2.5.
    #expect(try model.run(["x": input]).logits.array(of: Float.self) == [4.5])
  }
}
