/* SPDX-License-Identifier: Apache-2.0 */
/* grads_none.c - ops that are registered as not differentiable: a gradient that arrives there ends, silently (section 10). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define NONE(op) { #op, NULL }

const mg_grad mg_grads_none[] = {
	NONE(ApproximateEqual), NONE(AsString), NONE(Assert), NONE(Assign), NONE(AssignAdd), NONE(AssignSub),
	NONE(AudioSummary), NONE(AudioSummaryV2), NONE(BitwiseAnd), NONE(BitwiseOr), NONE(BitwiseXor),
	NONE(BroadcastGradientArgs), NONE(CTCBeamSearchDecoder), NONE(CTCGreedyDecoder), NONE(ConcatOffset),
	NONE(Const), NONE(DecodeBase64), NONE(DecodePaddedRaw), NONE(DecodeProtoV2), NONE(DecodeRaw),
	NONE(DeleteSessionTensor), NONE(DenseToDenseSetOperation), NONE(DenseToSparseSetOperation),
	NONE(DrawBoundingBoxes), NONE(EditDistance), NONE(EncodeBase64), NONE(EncodeProto), NONE(Equal),
	NONE(EuclideanNorm), NONE(ExtractGlimpse), NONE(FixedLengthRecordReader), NONE(GenerateVocabRemapping),
	NONE(GetSessionHandle), NONE(GetSessionHandleV2), NONE(GetSessionTensor), NONE(Greater),
	NONE(GreaterEqual), NONE(HSVToRGB), NONE(HashTable), NONE(HashTableV2), NONE(HistogramSummary),
	NONE(IdentityReader), NONE(ImageSummary), NONE(InitializeTable), NONE(InitializeTableFromTextFile),
	NONE(InitializeTableFromTextFileV2), NONE(InitializeTableV2), NONE(Invert), NONE(InvertPermutation),
	NONE(LMDBReader), NONE(LeftShift), NONE(Less), NONE(LessEqual), NONE(LinSpace), NONE(LoadAndRemapMatrix),
	NONE(LogicalAnd), NONE(LogicalNot), NONE(LogicalOr), NONE(LookupTableFind), NONE(LookupTableFindV2),
	NONE(LookupTableInsert), NONE(LookupTableInsertV2), NONE(LookupTableSize), NONE(LookupTableSizeV2),
	NONE(MergeSummary), NONE(Multinomial), NONE(MutableDenseHashTable), NONE(MutableDenseHashTableV2),
	NONE(MutableHashTable), NONE(MutableHashTableOfTensors), NONE(MutableHashTableOfTensorsV2),
	NONE(MutableHashTableV2), NONE(NonMaxSuppression), NONE(NonMaxSuppressionV2),
	NONE(NonMaxSuppressionWithOverlaps), NONE(NotEqual), NONE(OneHot), NONE(OnesLike),
	NONE(ParameterizedTruncatedNormal), NONE(ParseTensor), NONE(PopulationCount), NONE(PyFunc),
	NONE(PyFuncStateless), NONE(QueueClose), NONE(QueueDequeue), NONE(QueueDequeueMany),
	NONE(QueueDequeueUpTo), NONE(QueueEnqueue), NONE(QueueEnqueueMany), NONE(QueueSize), NONE(RandomCrop),
	NONE(RandomStandardNormal), NONE(RandomUniform), NONE(Range), NONE(Rank), NONE(ReaderNumRecordsProduced),
	NONE(ReaderNumWorkUnitsCompleted), NONE(ReaderRead), NONE(ReaderReadUpTo), NONE(ReaderReset),
	NONE(ReaderRestoreState), NONE(ReaderSerializeState), NONE(ReduceJoin), NONE(RegexReplace),
	NONE(RightShift), NONE(SampleDistortedBoundingBox), NONE(SampleDistortedBoundingBoxV2),
	NONE(ScalarSummary), NONE(ScatterAdd), NONE(ScatterDiv), NONE(ScatterMul), NONE(ScatterNdAdd),
	NONE(ScatterNdSub), NONE(ScatterNdUpdate), NONE(ScatterSub), NONE(SdcaFprint), NONE(SdcaOptimizer),
	NONE(SdcaOptimizerV2), NONE(SdcaShrinkL1), NONE(SerializeTensor), NONE(SetSize), NONE(Shape), NONE(ShapeN),
	NONE(Size), NONE(SparseAddGrad), NONE(SparseConcat), NONE(SparseToSparseSetOperation), NONE(Stack),
	NONE(StackClose), NONE(StackPop), NONE(StackPush), NONE(StatelessMultinomial), NONE(StatelessRandomNormal),
	NONE(StatelessRandomUniform), NONE(StatelessRandomUniformInt), NONE(StatelessTruncatedNormal),
	NONE(StopGradient), NONE(StringJoin), NONE(StringSplit), NONE(StringToHashBucket),
	NONE(StringToHashBucketFast), NONE(StringToHashBucketStrong), NONE(StringToNumber), NONE(TFRecordReader),
	NONE(TensorArray), NONE(TensorArrayClose), NONE(TensorArrayCloseV2), NONE(TensorArrayCloseV3),
	NONE(TensorArrayGrad), NONE(TensorArrayGradV2), NONE(TensorArrayGradV3), NONE(TensorArrayGradWithShape),
	NONE(TensorArraySize), NONE(TensorArraySizeV2), NONE(TensorArraySizeV3), NONE(TensorArrayV2),
	NONE(TensorArrayV3), NONE(TensorListConcatLists), NONE(TensorListElementShape), NONE(TensorListLength),
	NONE(TensorListPushBackBatch), NONE(TensorSummary), NONE(TensorSummaryV2), NONE(TextLineReader),
	NONE(Timestamp), NONE(TruncatedNormal), NONE(VarIsInitializedOp), NONE(VariableShape),
	NONE(WholeFileReader), NONE(ZerosLike),
	{ .op = NULL }
};
