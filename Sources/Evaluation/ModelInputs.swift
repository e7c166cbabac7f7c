import Checkpoints
import Datasets
import Models
import Programs
import Torch

extension Model {
  /// The program's input that takes a dataset's: the one of its name, or its only one for the data's only one.
  private func inputName(for dataName: String, of dataNames: [String]) -> String {
    guard program.inputs.count == 1, dataNames.count == 1 else { return dataName }
    return program.inputs[0].name
  }

  /// The input that preprocessing applies to: the only one of fractions, an image as a rule; nil for words and the like.
  public var preprocessedInput: Input? {
    let floating = program.inputs.filter { $0.elementType.hasPrefix("float") || $0.elementType == "bfloat16" }
    return floating.count == 1 ? floating[0] : nil
  }

  /// Measures how the inputs of a split are to be normalized, where nothing is known of it yet and there is an input
  /// that can be; what its images from files are brought to is kept with it.
  ///
  /// - Parameter fitsImages: whether images are brought to the model's shape.
  /// - Throws: `DatasetError` where images are decoded for it and one cannot be read.
  public func fitPreprocessing(to split: Split, fitsImages: Bool) throws {
    guard let input = preprocessedInput else { return }
    let names = split.inputs.map(\.name)
    guard let array = split.inputs.first(where: { inputName(for: $0.name, of: names) == input.name }) else {
      if fitsImages { fitImages() }
      return
    }
    if preprocessing == nil { preprocessing = try Preprocessing.fitted(to: split, input: array.name) }
    if let images = array.preparation {
      preprocessing?.imageSize = [images.shape.height, images.shape.width]
      preprocessing?.imageResize = images.resize
    }
    if fitsImages { fitImages() }
  }

  /// Brings images to the model's shape from now on.
  public func fitImages() {
    preprocessing = preprocessing ?? Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    preprocessing?.fitsImages = true
  }

  /// Checks that a split has what the program takes. Inputs that the program does not take are left out.
  ///
  /// - Throws: ``EvaluationError/inputMismatch(input:expected:found:dataset:canBeFitted:)``,
  ///   ``EvaluationError/inputTypeMismatch(input:expected:found:dataset:)`` or
  ///   ``EvaluationError/missingInput(input:dataset:available:)``.
  public func checkInputs(of split: Split, dataset: String) throws {
    let names = split.inputs.map(\.name)
    for input in program.inputs {
      guard let array = split.inputs.first(where: { inputName(for: $0.name, of: names) == input.name }) else {
        throw EvaluationError.missingInput(input: input.name, dataset: dataset, available: names)
      }
      let takesIntegers = input.elementType.hasPrefix("int")
      guard !takesIntegers || !array.elementType.isFloatingPoint else {
        throw EvaluationError.inputTypeMismatch(
          input: input.name, expected: input.elementType, found: array.elementType.rawValue, dataset: dataset)
      }
      let expected = Array(input.shape.dropFirst())
      if preprocessing?.fitsImages == true, input.name == preprocessedInput?.name,
        ImageFit(array.shape, to: expected) != nil
      {
        continue
      }
      let fits = expected.count == array.shape.count && zip(expected, array.shape).allSatisfy { $0 < 0 || $0 == $1 }
      guard fits else {
        throw EvaluationError.inputMismatch(
          input: input.name, expected: expected, found: array.shape, dataset: dataset,
          canBeFitted: ImageFit(array.shape, to: expected) != nil)
      }
    }
  }
}

extension Batch {
  /// The inputs under the program's names and in its element types, on the model's device: images normalized as the
  /// model was trained, words as they are.
  public func modelInputs(for model: Model) throws -> [String: Tensor] {
    let available = try inputs
    let names = available.map(\.name)
    var prepared: [String: Tensor] = [:]
    for (name, tensor) in available {
      let inputName = names.count == 1 && model.program.inputs.count == 1 ? model.program.inputs[0].name : name
      guard let input = model.program.inputs.first(where: { $0.name == inputName }) else { continue }
      let type = try DType(named: input.elementType)
      guard type.isFloatingPoint else {
        prepared[input.name] = try tensor.to(type)
        continue
      }
      var values = tensor
      if let preprocessing = model.preprocessing, input.name == model.preprocessedInput?.name {
        let fit =
          preprocessing.fitsImages ? ImageFit(Array(tensor.shape.dropFirst()), to: Array(input.shape.dropFirst())) : nil
        values = try tensor.preprocessed(by: preprocessing, fit: fit)
      }
      prepared[input.name] = try values.to(type)
    }
    return prepared
  }
}
