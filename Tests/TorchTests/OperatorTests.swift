import Testing
import Torch

@Suite struct OperatorTests {
  @Test func anOperatorThatDoesNotExistIsNamed() throws {
    let error = #expect(throws: TorchError.self) { try Operator("aten::no_such_thing") }
    #expect(error?.description.contains("no_such_thing") == true, "\(String(describing: error))")
    #expect(throws: TorchError.self) { try Operator("aten::add", overload: "NoOverload") }
    #expect(throws: TorchError.self) { try Operator("no namespace") }
  }

  @Test func theSchemaIsKnown() throws {
    // add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1)
    let add = try Operator("aten::add", overload: "Tensor")
    #expect(add.name == "aten::add" && add.overload == "Tensor" && add.argumentCount == 3)
    #expect(["self", "other", "alpha"].map { add.index(ofArgument: $0) } == [0, 1, 2])
    #expect(add.index(ofArgument: "beta") == nil)
  }

  @Test func whatIsLeftOutTakesItsDefault() throws {
    let add = try Operator("aten::add", overload: "Tensor")
    let (a, b) = (try Tensor([1, 2] as [Float]), try Tensor([10, 20] as [Float]))
    for arguments: [OperatorValue] in [
      [.tensor(a), .tensor(b)], [.tensor(a), .tensor(b), .useDefault], [.tensor(a), .tensor(b), .int(1)],
    ] {
      #expect(try add.tensor(arguments).array(of: Float.self) == [11, 22])
    }
    #expect(try add.tensor([.tensor(a), .tensor(b), .double(0.5)]).array(of: Float.self) == [6, 12])
  }

  @Test func wrongArgumentsAreErrorsAndTheOperatorStillWorks() throws {
    let add = try Operator("aten::add", overload: "Tensor")
    let tensor = try Tensor([1, 2] as [Float])
    #expect(throws: TorchError.self) { try add.tensor([]) }
    #expect(throws: TorchError.self) { try add.tensor([.string("a"), .tensor(tensor)]) }
    #expect(throws: TorchError.self) { try add.tensor([.tensor(tensor), .tensor(tensor), .int(1), .int(1)]) }
    #expect(throws: TorchError.self) { try add.tensor([.tensor(tensor), .tensor(try Tensor.zeros([3]))]) }
    #expect(try add.tensor([.tensor(tensor), .tensor(tensor)]).array(of: Float.self) == [2, 4])
  }

  @Test func whatGivesNoTensorSaysSo() throws {
    let size = try Operator("aten::size", overload: "int")
    let tensor = try Tensor.zeros([3, 5])
    guard case .int(5)? = try size([.tensor(tensor), .int(1)]).first else { return #expect(Bool(false), "not 5") }
    #expect(throws: TorchError.failed(operation: "aten::size", message: "gave no tensor")) {
      try size.tensor([.tensor(tensor), .int(1)])
    }
  }

  @Test func numbersAndFlagsComeBackAsWhatTheyAre() throws {
    let item = try Operator("aten::item")
    guard case .double(2.5)? = try item([.tensor(try Tensor([2.5]))]).first,
      case .int(7)? = try item([.tensor(try Tensor([7] as [Int64]))]).first,
      case .bool(true)? = try Operator("aten::equal")([.tensor(try Tensor([1.0])), .tensor(try Tensor([1.0]))]).first
    else { return #expect(Bool(false), "a double, an integer and a flag were expected") }
  }

  @Test func aListOfTensorsComesAsItsElements() throws {
    let rows = try Operator("aten::unbind", overload: "int")([
      .tensor(try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])), .int(0),
    ])
    let values = try rows.map { row -> [Float] in
      guard case .tensor(let tensor) = row else { return [] }
      return try tensor.array()
    }
    #expect(values == [[1, 2], [3, 4], [5, 6]])
  }

  @Test func listsOfEachKindArrive() throws {
    let matrix = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    // matrix[:, [1]]
    let column = try Operator("aten::index", overload: "Tensor").tensor([
      .tensor(matrix), .optionalTensors([nil, try Tensor([1] as [Int64])]),
    ])
    #expect(column.shape == [2, 1])
    #expect(try column.array(of: Float.self) == [2, 4])
    let twice = try Operator("aten::upsample_nearest2d", overload: "vec").tensor([
      .tensor(try Tensor([7] as [Float], shape: [1, 1, 1, 1])), .none, .doubles([2, 1]),
    ])
    #expect(twice.shape == [1, 1, 2, 1])
    #expect(try twice.array(of: Float.self) == [7, 7])
  }

  @Test func flagsChooseTheGradientsOfAConvolution() throws {
    // y = 3 · 2 + b with gradient 1: by the input 3, by the weight 2, by the bias 1.
    let one = { (value: Float) in try Tensor([value], shape: [1, 1, 1, 1]) }
    let backward = try Operator("aten::convolution_backward")
    func gradients(_ mask: [Bool]) throws -> [Double?] {
      try backward([
        .tensor(try one(1)), .tensor(try one(2)), .tensor(try one(3)), .ints([1]), .ints([1, 1]), .ints([0, 0]),
        .ints([1, 1]), .bool(false), .ints([0, 0]), .int(1), .bools(mask),
      ]).map { result in
        guard case .tensor(let tensor) = result else { return nil }
        return try tensor.item()
      }
    }
    #expect(try gradients([true, true, true]) == [3, 2, 1])
    #expect(try gradients([false, true, false]) == [nil, 2, nil])
  }
}
