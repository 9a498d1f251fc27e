//! The limits of the core module: what it declares, and every function's body.

use wasmparser::{
    BinaryReaderError, Encoding, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    ImportSectionReader, KnownCustom, Operator, Payload, TypeSectionReader, ValidatorResources,
};

use super::place::{Finding, Place};
use super::surveyor::Surveyor;
use super::{RefusalReason, floats, place};

impl Surveyor<'_> {
    pub(super) fn module_payload(&mut self, payload: Payload) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(section) => self.imports(section)?,
            Payload::TypeSection(section) => self.types(section)?,
            Payload::FunctionSection(section) if section.count() > self.limits.functions => {
                let message = format!(
                    "the core module has {} functions and may have {}",
                    section.count(),
                    self.limits.functions
                );
                self.breach(
                    RefusalReason::TooManyFunctions,
                    Place::Offset(section.range().start),
                    message,
                );
            }
            Payload::TableSection(section) => {
                for table in section.into_iter_with_offsets() {
                    let (offset, table) = table?;
                    self.table(offset, table.ty.initial);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.into_iter_with_offsets() {
                    let (offset, memory) = memory?;
                    self.memory(offset, memory.initial.saturating_mul(64 * 1024));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let mut operators = global?.init_expr.get_operators_reader();
                    while !operators.eof() {
                        let (operator, offset) = operators.read_with_offset()?;
                        self.float(&operator, Place::Offset(offset));
                    }
                }
            }
            Payload::DataSection(section) if section.count() > self.limits.data_segments => {
                let message = format!(
                    "the core module has {} data segments and may have {}",
                    section.count(),
                    self.limits.data_segments
                );
                self.breach(
                    RefusalReason::TooManyDataSegments,
                    Place::Offset(section.range().start),
                    message,
                );
            }
            Payload::CustomSection(section) if self.encodings.last() == Some(&Encoding::Module) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.names = place::function_names(names);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn table(&mut self, offset: u64, elements: u64) {
        self.tables += 1;
        if self.tables > self.limits.tables || elements > self.limits.table_elements {
            let message = format!(
                "a rule has at most {} tables of {} elements",
                self.limits.tables, self.limits.table_elements
            );
            self.breach(RefusalReason::TooManyTables, Place::Offset(offset), message);
        }
    }

    fn memory(&mut self, offset: u64, initial_bytes: u64) {
        self.memories += 1;
        if initial_bytes > self.limits.initial_memory_bytes {
            let message = format!(
                "the memory begins with {initial_bytes} bytes and may begin with {}; link with a smaller stack and smaller statics",
                self.limits.initial_memory_bytes
            );
            self.breach(RefusalReason::TooMuchMemory, Place::Offset(offset), message);
        }
    }

    /// Validates one function and holds it to its limits.
    pub(super) fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody,
        allocations: FuncValidatorAllocations,
    ) -> Result<FuncValidatorAllocations, BinaryReaderError> {
        let mut validator = function.into_validator(allocations);
        validator.validate(body)?;
        let index = validator.index();
        self.locals(index, body)?;
        let mut nesting = 0_u32;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            let place = Place::Function { index, offset };
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    nesting += 1
                }
                Operator::End => nesting = nesting.saturating_sub(1),
                _ => {}
            }
            if nesting > self.limits.block_nesting {
                let message = format!(
                    "a function nests blocks more than {} deep; split it",
                    self.limits.block_nesting
                );
                self.breach(RefusalReason::NestedTooDeep, place, message);
            }
            self.float(&operator, place);
        }
        Ok(validator.into_allocations())
    }

    fn locals(&mut self, index: u32, body: &FunctionBody) -> Result<(), BinaryReaderError> {
        let mut locals = 0_u32;
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(group?.0);
        }
        if locals > self.limits.locals {
            let message = format!(
                "a function has {locals} locals and may have {}; split it",
                self.limits.locals
            );
            let place = Place::Function {
                index,
                offset: body.range().start,
            };
            self.breach(RefusalReason::TooManyLocals, place, message);
        }
        Ok(())
    }

    fn imports(&mut self, section: ImportSectionReader) -> Result<(), BinaryReaderError> {
        let offset = section.range().start;
        for import in section.into_imports() {
            let import = import?;
            let message = format!(
                "the core module imports {} from {}; a rule has no imports: remove what needs it",
                import.name, import.module
            );
            self.breach(RefusalReason::HasImport, Place::Offset(offset), message);
        }
        Ok(())
    }

    fn types(&mut self, section: TypeSectionReader) -> Result<(), BinaryReaderError> {
        let offset = section.range().start;
        for function in section.into_iter_err_on_gc_types() {
            let parameters = function?.params().len();
            if parameters > self.limits.parameters {
                let message = format!(
                    "a function takes {parameters} parameters and may take {}; pass a pointer to them",
                    self.limits.parameters
                );
                self.breach(
                    RefusalReason::TooManyParameters,
                    Place::Offset(offset),
                    message,
                );
            }
        }
        Ok(())
    }

    fn float(&mut self, operator: &Operator, place: Place) {
        if self.float.is_none()
            && let Some(name) = floats::float_operator(operator)
        {
            let message = format!(
                "the rule computes with floats ({name}) and its manifest says floats = \"none\"; use whole numbers, or declare floats = \"ieee\""
            );
            self.float = Some(Finding {
                reason: RefusalReason::FloatOperation,
                message,
                place,
            });
        }
    }
}
